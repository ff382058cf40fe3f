# Recomputes, with R's survival package, what analysis.estimates says of a cohort's survival,
# prognostic factors (Table 5) and response (Table 3, section 3.3).
#
#   Rscript tests/reference/cohort.R [folder of the dataset] [file to write]
#
# To be run from the root of the repository; without arguments it reads data/synthetic and writes
# tests/reference/cohort.tsv. It starts from the recorded tables and shares no code with analysis/:
# endpoints and factors are derived here once more, from Methods 2.2 to 2.6 and data/README.md.
# Every patient in the dataset is counted; the criteria of eligibility are not applied.

library(survival)

# A fit that does not converge is no reference.
options(warn = 2)

arguments <- commandArgs(trailingOnly = TRUE)
folder <- if (length(arguments) > 0) arguments[1] else "data/synthetic"
output <- if (length(arguments) > 1) arguments[2] else "tests/reference/cohort.tsv"

DAYS_PER_MONTH <- 30.4375
RATE_MONTHS <- c(12, 24)
RISK_MONTHS <- seq(0, 60, by = 6)
ALPHA_BETA <- 10

# Recorded tables -----------------------------------------------------------------------------

TABLES <- c("patients", "radiotherapy", "immunotherapy", "assessments", "follow_up")
files <- file.path(folder, paste0(TABLES, ".csv"))

# Dates become whole days since 1970-01-01; blank cells become NA.
recorded <- function(file) {
  lines <- readLines(file, encoding = "UTF-8")
  below_remarks <- cumsum(!startsWith(lines, "#")) > 0
  rows <- read.csv(text = lines[below_remarks], na.strings = "", strip.white = TRUE)
  dates <- grep("_date$", names(rows))
  rows[dates] <- lapply(rows[dates], function(day) as.integer(as.Date(as.character(day))))
  rows
}

tables <- setNames(lapply(files, recorded), TABLES)
patients <- tables$patients
ids <- patients$patient_id

each_patient <- function(table, column, summarise) {
  as.vector(tapply(table[[column]], factor(table$patient_id, levels = ids), summarise))
}
last_row <- function(table) {
  table <- table[!duplicated(table$patient_id, fromLast = TRUE), ]
  table[match(ids, table$patient_id), ]
}
yes_no <- function(is_yes) factor(ifelse(is_yes, "yes", "no"), levels = c("yes", "no"))

# Treatment -----------------------------------------------------------------------------------

rt <- tables$radiotherapy
ici <- tables$immunotherapy
rt_start <- each_patient(rt, "start_date", min)
rt_end <- each_patient(rt, "end_date", max)
ici_start <- each_patient(ici, "start_date", min)
ici_end <- each_patient(ici, "end_date", max)

# Rounded, so that 60 Gy in 30 fractions is not below 60 Gy whatever the binary fractions.
rt$per_fraction <- rt$dose_gy / rt$fractions
rt$eqd2 <- round(rt$dose_gy * (rt$per_fraction + ALPHA_BETA) / (2 + ALPHA_BETA), 6)
strongest <- last_row(rt[order(rt$eqd2, rt$dose_gy), ])
on_liver <- rt$patient_id[rt$site %in% c("primary tumour", "PVTT")]

last_agent <- last_row(ici[order(ici$start_date, ici$end_date), ])$agent
regimen <- ifelse(last_agent %in% c("toripalimab", "sintilimab"), last_agent, "other")

# Endpoints -----------------------------------------------------------------------------------

follow_up <- tables$follow_up[match(ids, tables$follow_up$patient_id), ]
time_zero <- pmin(rt_start, ici_start)

# Days from the first treatment to the earliest of the events, else to where it is censored.
endpoint <- function(events, censored_at) {
  first <- do.call(pmin, c(unname(follow_up[events]), na.rm = TRUE))
  event <- !is.na(first)
  day <- ifelse(event, first, follow_up[[censored_at]]) - time_zero
  data.frame(days = pmax(day, 0), event = event)
}

relapses <- c("in_field_relapse_date", "out_field_relapse_date")
endpoints <- list(
  OS = endpoint("death_date", "last_contact_date"),
  PFS = endpoint(c("progression_date", relapses, "death_date"), "last_contact_date"),
  # A relapse must be seen on imaging.
  IRFS = endpoint("in_field_relapse_date", "last_imaging_date"),
  ORFS = endpoint("out_field_relapse_date", "last_imaging_date")
)

# Factors of Table 5 --------------------------------------------------------------------------

age <- with(patients, {
  part <- function(day, format) as.integer(format(as.Date(day, origin = "1970-01-01"), format))
  years <- part(enrolment_date, "%Y") - part(birth_date, "%Y")
  years - (part(enrolment_date, "%m%d") < part(birth_date, "%m%d"))
})

factors <- with(patients, list(
  male = yes_no(sex == "male"),
  `age_years<60` = yes_no(age < 60),
  alcohol_use = yes_no(alcohol_use == "yes"),
  viral_hepatitis = yes_no(hepatitis_b == "yes" | hepatitis_c == "yes"),
  cirrhosis = yes_no(cirrhosis == "yes"),
  `afp_before<1000` = yes_no(afp_before < 1000),
  `tumour_count>=5` = yes_no(tumour_count >= 5),
  extrahepatic_metastasis = yes_no(extrahepatic_metastasis == "yes"),
  pvtt = yes_no(pvtt_extent != "none"),
  vp4 = yes_no(pvtt_extent == "main"),
  prior_ici = yes_no(prior_ici == "yes"),
  # Sequential: a day or more without either between the two.
  concurrent = yes_no(ici_start <= rt_end & rt_start <= ici_end),
  rt_intrahepatic = yes_no(ids %in% on_liver),
  sbrt = yes_no(strongest$fractions <= 10 & strongest$per_fraction >= 5),
  `eqd2_gy<60` = yes_no(strongest$eqd2 < 60),
  targeted_therapy = yes_no(targeted_agent != "none"),
  ici_regimen = factor(regimen, levels = c("toripalimab", "sintilimab", "other"))
))

# Rows of the estimates table -----------------------------------------------------------------

# `statistics` is a vector of numbers with their names.
estimates <- function(analysis_id, variable, statistics,
                      variable_level = "", group = "", group_level = "") {
  data.frame(analysis_id, group, group_level, variable, variable_level,
             statistic = names(statistics), value = as.numeric(statistics))
}
# One call for each of the values, the results below each other.
stack <- function(values, rows, ...) do.call(rbind, lapply(values, rows, ...))

shares <- function(analysis_id, variable, values) {
  stack(levels(values), function(level) {
    count <- sum(values == level, na.rm = TRUE)
    found <- c(count = count, percent = 100 * count / sum(!is.na(values)))
    estimates(analysis_id, variable, found, level)
  })
}

range_of <- function(analysis_id, variable, values) {
  found <- c(median = median(values, na.rm = TRUE), min = min(values, na.rm = TRUE),
             max = max(values, na.rm = TRUE))
  estimates(analysis_id, variable, found)
}

# Survival ------------------------------------------------------------------------------------

kaplan_meier <- function(times) {
  survfit(Surv(days, event) ~ 1, data = times, conf.type = "log-log", conf.int = 0.95)
}

summarised <- function(times) {
  printed <- summary(kaplan_meier(times))$table
  c(
    n = nrow(times),
    events = sum(times$event),
    median = printed[["median"]] / DAYS_PER_MONTH,
    median_lower = printed[["0.95LCL"]] / DAYS_PER_MONTH,
    median_upper = printed[["0.95UCL"]] / DAYS_PER_MONTH
  )
}

of_endpoint <- function(name) {
  times <- endpoints[[name]]
  fit <- kaplan_meier(times)
  rates <- function(month) {
    day <- month * DAYS_PER_MONTH
    read <- summary(fit, times = day, extend = TRUE)
    found <- c(rate = read$surv, rate_lower = read$lower, rate_upper = read$upper)
    if (day > max(times$days)) found[] <- NA
    estimates("survival", name, 100 * found, month)
  }
  at_risk <- summary(fit, times = RISK_MONTHS * DAYS_PER_MONTH, extend = TRUE)$n.risk
  rbind(
    estimates("survival", name, summarised(times)),
    stack(RATE_MONTHS, rates),
    estimates("survival", name, setNames(at_risk, rep("at_risk", length(at_risk))), RISK_MONTHS)
  )
}

observed <- endpoints$OS
reverse <- kaplan_meier(transform(observed, event = !event))
length_of_follow_up <- c(
  median = summary(reverse)$table[["median"]],
  median_lower = summary(reverse)$table[["0.95LCL"]],
  median_upper = summary(reverse)$table[["0.95UCL"]],
  min = min(observed$days),
  max = max(observed$days)
) / DAYS_PER_MONTH

inside <- !is.na(follow_up$in_field_relapse_date)
outside <- !is.na(follow_up$out_field_relapse_date)
patterns <- c("out-of-field only", "in-field only", "in-field and out-of-field")
pattern <- patterns[ifelse(inside & outside, 3, ifelse(inside, 2, ifelse(outside, 1, NA)))]
causes <- c("tumour", "adverse event", "other disease")
progressed <- !is.na(follow_up$progression_date) | inside | outside

of_survival <- rbind(
  stack(names(endpoints), of_endpoint),
  estimates("survival", "follow_up", length_of_follow_up),
  shares("survival", "death", yes_no(!is.na(follow_up$death_date))),
  shares("survival", "progression", yes_no(progressed)),
  shares("survival", "in_field_relapse", yes_no(inside)),
  shares("survival", "cause_of_death", factor(follow_up$cause_of_death, levels = causes)),
  shares("survival", "failure_pattern", factor(pattern, levels = patterns))
)

# Prognostic factors --------------------------------------------------------------------------

# The iteration stops when the likelihood no longer changes, which the coefficient still may in
# its eighth digit; starting again where it stopped takes one more Newton step.
cox <- function(times) {
  first <- coxph(Surv(days, event) ~ level == "yes", data = times, ties = "efron")
  again <- coxph(formula(first), data = times, ties = "efron", init = coef(first))
  fit <- summary(again)
  c(
    hazard_ratio = fit$conf.int[[1, "exp(coef)"]],
    hr_lower = fit$conf.int[[1, "lower .95"]],
    hr_upper = fit$conf.int[[1, "upper .95"]],
    hr_p = fit$coefficients[[1, "Pr(>|z|)"]],
    proportionality_p = cox.zph(again)$table[[1, "p"]]
  )
}

# Where fewer than 5 events are expected in a group (Mantel and Fleiss 1980), the log-rank chi-square
# among all deals of the events of each day to those at risk on it.
exact <- function(times) {
  days <- sort(unique(times$days[times$event == 1]))
  yes <- times$level == "yes"
  sets <- vapply(days, function(day) c(
    n = sum(times$days >= day), own = sum(times$days >= day & yes),
    d = sum(times$days == day & times$event), had = sum(times$days == day & times$event & yes)
  ), numeric(4))
  sets <- sets[, sets["own", ] > 0 & sets["own", ] < sets["n", ] & sets["d", ] < sets["n", ]]
  expected <- sets["d", ] * sets["own", ] / sets["n", ]
  least <- pmax(0, sets["d", ] - (sets["n", ] - sets["own", ]))
  most <- pmin(sets["d", ], sets["own", ])
  if (min(sum(expected - least), sum(most - expected)) >= 5) return(NULL)
  chances <- 1
  for (day in seq_len(ncol(sets))) {
    here <- with(as.list(sets[, day]), dhyper(0:d, own, n - own, d))
    sums <- outer(seq_along(chances), seq_along(here), "+")
    chances <- as.vector(tapply(as.vector(outer(chances, here)), as.vector(sums), sum))
  }
  apart <- abs(seq_along(chances) - 1 - sum(expected))
  p <- sum(chances[apart >= abs(sum(sets["had", ]) - sum(expected)) - 1e-9])
  c(exact_p = p, hr_exact_p = p)
}

of_factor <- function(name, of) {
  times <- subset(cbind(endpoints[[of]], level = factors[[name]]), !is.na(level))
  levels <- levels(times$level)
  log_rank <- c(p_value = survdiff(Surv(days, event) ~ level, data = times)$pvalue)
  tests <- if (identical(levels, c("yes", "no"))) {
    c(log_rank, cox(times), exact(times))
  } else log_rank
  rbind(
    stack(levels, function(level) {
      found <- summarised(times[times$level == level, ])
      estimates("prognosis", of, found, group = name, group_level = level)
    }),
    estimates("prognosis", of, tests, group = name)
  )
}

of_prognosis <- stack(names(factors), function(name) stack(c("OS", "PFS"), of_factor, name = name))

# Response ------------------------------------------------------------------------------------

# RECIST 1.1 from sums of diameters and new lesions; the recorded category where they are not
# known. A ten-thousandth of a millimetre is no change.
best_response <- function(table) with(table, {
  change <- best_sum_mm - baseline_sum_mm
  slack <- 1e-4
  found <- ifelse(
    new_lesion %in% "yes" | (change >= 0.2 * baseline_sum_mm - slack & change >= 5 - slack), "PD",
    ifelse(best_sum_mm == 0, "CR", ifelse(change <= -0.3 * baseline_sum_mm + slack, "PR", "SD"))
  )
  ifelse(is.na(found), category, found)
})

assessments <- cbind(tables$assessments, best = best_response(tables$assessments))
CRITERIA <- c("RECIST 1.1", "mRECIST")
REGIONS <- c(response_overall = "overall", response_in_field = "in-field")
RATES <- list(ORR = c("CR", "PR"), DCR = c("CR", "PR", "SD"))
LEVELS <- c(setNames(nm = c("CR", "PR", "SD", "PD")), RATES)

best_of <- function(variable, criterion) {
  rows <- assessments[assessments$region == REGIONS[[variable]], ]
  rows <- rows[rows$criterion == criterion, ]
  rows$best[match(ids, rows$patient_id)]
}
among <- function(best, level) ifelse(is.na(best), NA, best %in% LEVELS[[level]])
two_by_two <- function(first, second) {
  rbind(
    c(sum(first & second), sum(first & !second)),
    c(sum(!first & second), sum(!first & !second))
  )
}
mcnemar_p <- function(table) {
  discordant <- c(table[1, 2], table[2, 1])
  if (sum(discordant) == 0) 1 else binom.test(discordant)$p.value
}

of_criterion <- function(criterion, variable) {
  best <- best_of(variable, criterion)
  n <- sum(!is.na(best))
  stack(names(LEVELS), function(level) {
    count <- sum(among(best, level), na.rm = TRUE)
    limits <- 100 * binom.test(count, n, conf.level = 0.95)$conf.int
    found <- c(count = count, percent = 100 * count / n, ci_lower = limits[1], ci_upper = limits[2])
    estimates("response", variable, found, level, "criterion", criterion)
  })
}

of_both_criteria <- function(level, variable) {
  best <- na.omit(data.frame(lapply(CRITERIA, best_of, variable = variable)))
  table <- two_by_two(among(best[[1]], level), among(best[[2]], level))
  found <- c(p_association = fisher.test(table)$p.value, p_paired = mcnemar_p(table))
  estimates("response", variable, found, level, "criterion")
}

of_response <- stack(names(REGIONS), function(variable) {
  rbind(
    stack(CRITERIA, of_criterion, variable = variable),
    stack(names(RATES), of_both_criteria, variable = variable)
  )
})

# Fall of alpha-fetoprotein -------------------------------------------------------------------

afp_before <- patients$afp_before
afp_after <- patients$afp_after
fell <- afp_after < afp_before
change_percent <- ifelse(afp_before > 0, 100 * (afp_after / afp_before - 1), NA)
afp_groups <- c("<=400", ">400")

fall_against_response <- function(level, criterion) {
  responded <- among(best_of("response_overall", criterion), level)
  both <- na.omit(data.frame(fell, responded))
  table <- two_by_two(both$fell, both$responded)
  found <- c(
    count = table[1, 1],
    responders = sum(both$responded),
    count_without = table[1, 2],
    non_responders = sum(!both$responded),
    p_value = fisher.test(table)$p.value
  )
  estimates("afp_response", "response_overall", found, level, "criterion", criterion)
}

of_afp <- rbind(
  shares("afp_response", "afp_decrease", yes_no(fell)),
  range_of("afp_response", "afp_after", afp_after),
  range_of("afp_response", "afp_change", change_percent),
  shares("afp_response", "afp_after", factor(afp_groups[1 + (afp_after > 400)], afp_groups)),
  stack(CRITERIA, function(criterion) {
    stack(names(RATES), fall_against_response, criterion = criterion)
  })
)

# Output --------------------------------------------------------------------------------------

sha256 <- function(files) {
  if (getRversion() >= "4.5.0") return(unname(tools::sha256sum(files)))
  # R itself could not before; one of these comes with Linux, the other with macOS.
  command <- if (nzchar(Sys.which("sha256sum"))) "sha256sum" else "shasum -a 256"
  vapply(files, function(file) {
    substr(system(paste(command, shQuote(file)), intern = TRUE), 1, 64)
  }, "", USE.NAMES = FALSE)
}

sources <- c("tests/reference/cohort.R", files)
found <- rbind(of_survival, of_prognosis, of_response, of_afp)
found$value <- ifelse(is.na(found$value), "NA", sprintf("%.17g", found$value))
writeLines(
  c(
    "# Written by tests/reference/cohort.R, not by hand. Computed by:",
    paste("# Rscript", paste(c(sources[1], arguments), collapse = " ")),
    paste0("# R ", getRversion(), " with survival ", packageVersion("survival")),
    paste("# SHA-256", sha256(sources), sources),
    paste(names(found), collapse = "\t"),
    do.call(paste, c(unname(found), sep = "\t"))
  ),
  output
)

# Computes, with R's survival and cmprsk packages, what five data sets of the survival package give
# by arm when they are read as files of somebody's own (tests/cohort/intake/test_survival_sets.py).
#
#   Rscript tests/reference/survival_sets.R [file to write]
#
# To be run from the root of the repository; without an argument it writes
# tests/reference/survival_sets.tsv. Nothing is shared with analysis/ or with the declarations there.

library(survival)
library(cmprsk)

# A fit that does not converge is no reference.
options(warn = 2)

arguments <- commandArgs(trailingOnly = TRUE)
output <- if (length(arguments) > 0) arguments[1] else "tests/reference/survival_sets.tsv"

PER_MONTH <- 30.4375
RATE_MONTHS <- c(12, 24)
RISK_MONTHS <- seq(0, 60, by = 6)

# `status`: 0 censored, 1 the event, 2 what competes with it. `by` names what patients are compared
# by: a data frame of factors, of which the first is the arm.
endpoint <- function(set, name, time, status, by, competes = any(status == 2)) {
  list(set = set, name = name, time = time, status = status, by = by, competes = competes)
}

trial <- subset(pbc, !is.na(trt))
of_trial <- data.frame(treatment = factor(trial$trt, 1:2))
deaths <- subset(colon, etype == 2)
relapses <- subset(colon, etype == 1)
of_colon <- function(d) data.frame(treatment = factor(d$rx, c("Obs", "Lev", "Lev+5FU")))
waiting <- transplant
other <- c(censored = 0, ltx = 1, death = 2, withdraw = 2)
yes_no <- function(holds) factor(ifelse(holds, "yes", "no"), c("yes", "no"))

endpoints <- list(
  endpoint("pbc", "DEATH", trial$time, c(0, 2, 1)[trial$status + 1], of_trial),
  endpoint("pbc", "ANY", trial$time, as.numeric(trial$status > 0), of_trial),
  endpoint("colon", "OS", deaths$time, deaths$status, of_colon(deaths)),
  endpoint("colon", "RFS", relapses$time, relapses$status, of_colon(relapses)),
  endpoint("veteran", "OS", veteran$time, veteran$status,
           data.frame(treatment = factor(veteran$trt), "karnofsky>=60" = yes_no(veteran$karno >= 60),
                      check.names = FALSE)),
  endpoint("transplant", "LTX", waiting$futime, unname(other[as.character(waiting$event)]),
           data.frame(blood_group = factor(waiting$abo, c("A", "B", "AB", "O")))),
  endpoint("lung", "OS", lung$time, lung$status - 1,
           data.frame(sex = factor(ifelse(lung$sex == 1, "male", "female"), c("male", "female"))))
)

rows <- function(what, group, level, statistic, month, call, value) {
  data.frame(set = what$set, endpoint = what$name, group, level, statistic, month = as.character(month),
             call, value = as.numeric(value))
}

# Kaplan-Meier, or 1 minus the Aalen-Johansen incidence of the event where something competes.
CURVE <- c(
  `FALSE` = "survfit(Surv(time, status == 1) ~ 1, conf.type = \"log-log\")",
  `TRUE` = "survfit(Surv(time, factor(status, 0:2)) ~ 1, conf.type = \"log-log\")"
)
# Of an incidence of 0 R tells that log(-log()) has no value, which is what it then gives.
fitted <- function(call, time, status) suppressWarnings(eval(parse(text = call)))

# R gives no median of an incidence: the first time at which half have had the event.
half <- function(time, height) {
  reached <- which(height <= 0.5)
  if (length(reached)) time[reached[1]] else NA
}

# Of the groups of an arm, or of all patients, rates and numbers at risk too.
of_patients <- function(what, group, level, kept, of_arm = TRUE) {
  time <- what$time[kept]
  status <- what$status[kept]
  call <- CURVE[[as.character(what$competes)]]
  fit <- fitted(call, time, status)
  if (what$competes) {
    heights <- 1 - cbind(fit$pstate[, 2], fit$upper[, 2], fit$lower[, 2])
    medians <- apply(heights, 2, half, time = fit$time)
  } else {
    medians <- unname(summary(fit)$table[c("median", "0.95LCL", "0.95UCL")])
  }
  found <- rbind(
    rows(what, group, level, c("n", "events"), "", "length(time), sum(status == 1)",
         c(length(time), sum(status == 1))),
    rows(what, group, level, c("median", "median_lower", "median_upper"), "", call,
         medians / PER_MONTH)
  )
  if (!of_arm) return(found)
  for (month in RATE_MONTHS) {
    read <- suppressWarnings(summary(fit, times = month * PER_MONTH, extend = TRUE))
    rate <- if (what$competes) {
      c(1 - read$pstate[1, 2], 1 - read$upper[1, 2], 1 - read$lower[1, 2])
    } else {
      c(read$surv, read$lower, read$upper)
    }
    # Beyond the last day nothing is known, but where nobody was left.
    if (month * PER_MONTH > max(time) && (what$competes || min(fit$surv) > 0)) rate[] <- NA
    found <- rbind(found, rows(what, group, level, c("rate", "rate_lower", "rate_upper"), month,
                               paste0("summary(", call, ")"), 100 * rate))
  }
  left <- sapply(RISK_MONTHS * PER_MONTH, function(at) sum(time >= at))
  rbind(found, rows(what, group, level, "at_risk", RISK_MONTHS, "sum(time >= at)", left))
}

of_group <- function(what, group) {
  arm <- what$by[[group]]
  time <- what$time
  status <- what$status
  call <- if (what$competes) {
    "cuminc(time, status, arm, cencode = 0)$Tests[\"1\", \"pv\"]"
  } else {
    "survdiff(Surv(time, status == 1) ~ arm)$pvalue"
  }
  test <- rows(what, group, "", "p_value", "", call, eval(parse(text = call)))
  of_levels <- lapply(levels(arm), function(level) {
    of_patients(what, group, level, arm == level, of_arm = group == names(what$by)[1])
  })
  ratios <- NULL
  for (level in levels(arm)[-1]) {
    call <- "coxph(Surv(time, status == 1) ~ arm)"
    fit <- coxph(Surv(time, status == 1) ~ arm)
    # Once more from where it stopped, for the last digits.
    fit <- coxph(Surv(time, status == 1) ~ arm, init = coef(fit))
    place <- match(level, levels(arm)) - 1
    ratios <- rbind(ratios, rows(what, group, level, c("hazard_ratio", "hr_lower", "hr_upper"), "",
                                 call, summary(fit)$conf.int[place, c(1, 3, 4)]))
  }
  # Of yes and no, the ratio is of yes.
  if (identical(levels(arm), c("yes", "no"))) ratios <- NULL
  rbind(test, do.call(rbind, of_levels), ratios)
}

found <- NULL
for (what in endpoints) {
  found <- rbind(found, of_patients(what, "", "", rep(TRUE, length(what$time))))
  for (group in names(what$by)) found <- rbind(found, of_group(what, group))
}
found$value <- ifelse(is.na(found$value), "NA", sprintf("%.17g", found$value))
writeLines(
  c(
    "# Written by tests/reference/survival_sets.R, not by hand. Computed by:",
    "# Rscript tests/reference/survival_sets.R",
    paste0("# R ", getRversion(), " with survival ", packageVersion("survival"), " and cmprsk ",
           packageVersion("cmprsk")),
    paste(names(found), collapse = "\t"),
    do.call(paste, c(unname(found), sep = "\t"))
  ),
  output
)

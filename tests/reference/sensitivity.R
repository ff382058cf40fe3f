# Computes, with R's survival and cmprsk packages, what the tests of the sensitivity analyses in
# analysis/estimates are held to.
#
#   Rscript tests/reference/sensitivity.R [file to write]
#
# To be run from the root of the repository; without an argument it writes
# tests/reference/sensitivity.json. Its data are lung.csv, veteran.csv and ties.csv in that folder.

library(survival)
library(cmprsk)

# A fit that does not converge is no reference.
options(warn = 2)

arguments <- commandArgs(trailingOnly = TRUE)
output <- if (length(arguments) > 0) arguments[1] else "tests/reference/sensitivity.json"

DAYS_PER_MONTH <- 30.4375

# A record is what a test looks up: which analysis of which data, the call, and its values.
records <- list()
record <- function(analysis, data, call, values, ...) {
  found <- list(analysis = analysis, data = data, ..., call = call, values = values)
  records[[length(records) + 1]] <<- found
}

# The call that is written down is the call that is run.
run <- function(call) eval(parse(text = call), globalenv())

NAMES <- c("lung", "veteran", "ties")
for (name in NAMES) {
  rows <- read.csv(sprintf("tests/reference/%s.csv", name))
  groups <- setdiff(names(rows), c("days", "event"))
  rows[groups] <- lapply(rows[groups], as.character)
  assign(name, rows)
}
# Two levels each, of which `yes` is the one whose hazard is in the numerator.
PAIRS <- list(
  list(data = "lung", group = "sex", yes = "2"),
  list(data = "veteran", group = "treatment", yes = "2"),
  list(data = "veteran", group = "prior", yes = "10"),
  list(data = "ties", group = "pair", yes = "b")
)

# Restricted means ----------------------------------------------------------------------------

for (pair in PAIRS) {
  for (month in c(3, 12, 24)) {
    call <- sprintf(
      "summary(survfit(Surv(days, event) ~ %s, data = %s), rmean = %s)$table",
      pair$group, pair$data, format(month * DAYS_PER_MONTH)
    )
    table <- run(call)
    record("rmst", pair$data, call, list(
      days = table[, "rmean"], standard_error = table[, "se(rmean)"]
    ), group = pair$group, levels = sub(".*=", "", rownames(table)), month = month)
  }
}

# Competing risks -----------------------------------------------------------------------------

# The data sets have one event; every other row of it is taken for the competing one.
for (name in NAMES) {
  rows <- get(name)
  cause <- ifelse(rows$event == 0, "censored", ifelse(seq_len(nrow(rows)) %% 2 == 1, "relapse", "death"))
  rows$cause <- factor(cause, levels = c("censored", "relapse", "death"))
  assign(name, rows)
}
INTERVALS <- list(c("log-log", "0.95"), c("log", "0.95"), c("plain", "0.95"), c("log-log", "0.9"))

for (name in NAMES) {
  # One of the data sets with every interval is enough, and keeps the file small.
  for (interval in if (name == "ties") INTERVALS else INTERVALS[1]) {
    call <- sprintf(
      'survfit(Surv(days, cause) ~ 1, data = %s, conf.type = "%s", conf.int = %s)',
      name, interval[1], interval[2]
    )
    fit <- run(call)
    for (cause in c("relapse", "death")) {
      state <- fit$states == cause
      record("incidence", name, call, list(
        days = fit$time, at_risk = fit$n.risk[, 1], incidence = fit$pstate[, state],
        error = fit$std.err[, state], lower = fit$lower[, state], upper = fit$upper[, state]
      ), cause = cause, ci_type = interval[1], confidence = as.numeric(interval[2]))
    }
  }
}

GRAY <- c(lapply(PAIRS, function(pair) pair[c("data", "group")]), list(
  list(data = "veteran", group = "cell"), list(data = "ties", group = "trio")
))
for (groups in GRAY) {
  call <- sprintf('with(%s, cuminc(days, cause, %s, cencode = "censored"))$Tests',
                  groups$data, groups$group)
  tests <- run(call)
  for (cause in rownames(tests)) {
    record("gray", groups$data, call, list(
      statistic = tests[[cause, "stat"]], p_value = tests[[cause, "pv"]],
      degrees_of_freedom = tests[[cause, "df"]]
    ), group = groups$group, cause = cause)
  }
}

# Landmarks -----------------------------------------------------------------------------------

# Once more from where it stopped, since the coefficient may still change in its eighth digit.
converged <- function(call) {
  first <- run(call)
  iterated <- sub(")$", ", init = coef(first))", call)
  eval(parse(text = iterated), list(first = first))
}

for (pair in PAIRS) {
  for (day in c(61, 91, 183)) {
    left <- sprintf("subset(%s, days > %d)", pair$data, day)
    of <- sprintf('Surv(days - %d, event) ~ %s', day, pair$group)
    test <- sprintf("survdiff(%s, data = %s)", of, left)
    regression <- sprintf("coxph(%s, data = %s)", of, left)
    fit <- summary(converged(regression))
    record("landmark", pair$data, test, list(
      n = nrow(run(left)), p_value = run(test)$pvalue,
      hazard_ratio = fit$conf.int[[1]], hr_lower = fit$conf.int[[3]], hr_upper = fit$conf.int[[4]],
      hr_p = fit$coefficients[[5]]
    ), group = pair$group, yes = pair$yes, day = day)
  }
}

# Many tests ----------------------------------------------------------------------------------

FAMILIES <- c(
  "c(0.001, 0.01, 0.02, 0.03, 0.04, 0.05, 0.2, 0.9)",
  "c(0.04, 0.04, 0.04, 1, 0, 0.5, 0.013)",
  "c(0.3)",
  "c(0.02, NA, 0.011, 0.6, NA)"
)
for (family in FAMILIES) {
  for (method in c("holm", "BH")) {
    call <- sprintf('p.adjust(%s, method = "%s")', family, method)
    record("p.adjust", "", call, list(p_value = run(family), adjusted = run(call)), method = method)
  }
}

# Weighted and stratified log-rank tests ------------------------------------------------------

# survdiff has no Gehan test. Its excess and variance from the tables of each day with events.
gehan <- function(days, event, yes) {
  tables <- sapply(unique(days[event == 1]), function(day) {
    left <- days >= day
    had <- days == day & event == 1
    n <- sum(left); d <- sum(had); m <- sum(left & yes)
    # The mean and the variance of a hypergeometric count, n times.
    c(n * (sum(had & yes) - d * m / n),
      if (n > 1) n^2 * d * (m / n) * (1 - m / n) * (n - d) / (n - 1) else 0)
  })
  sum(tables[1, ])^2 / sum(tables[2, ])
}

STRATA <- list(veteran = "cell", ties = "trio")
for (pair in PAIRS) {
  of <- sprintf("Surv(days, event) ~ %s", pair$group)
  tests <- list(
    none = sprintf("survdiff(%s, data = %s)$chisq", of, pair$data),
    peto = sprintf("survdiff(%s, data = %s, rho = 1)$chisq", of, pair$data),
    wilcoxon = sprintf('with(%s, gehan(days, event, %s == "%s"))', pair$data, pair$group, pair$yes)
  )
  for (weighting in names(tests)) {
    call <- tests[[weighting]]
    record("weighted_log_rank", pair$data, call, list(chisq = run(call)),
           group = pair$group, yes = pair$yes, weighting = weighting)
  }
  stratum <- STRATA[[pair$data]]
  if (!is.null(stratum)) for (weighting in c("none", "peto")) {
    call <- sprintf("survdiff(%s + strata(%s), data = %s, rho = %d)$chisq",
                    of, stratum, pair$data, if (weighting == "peto") 1 else 0)
    record("stratified_log_rank", pair$data, call, list(chisq = run(call)),
           group = pair$group, yes = pair$yes, weighting = weighting, stratum = stratum)
  }
}

# Of three groups and more.
for (groups in list(list(data = "veteran", group = "cell", stratum = "treatment"),
                    list(data = "ties", group = "trio", stratum = "pair"))) {
  for (stratified in c(0, 1)) for (weighting in c("none", "peto")) {
    of <- sprintf("Surv(days, event) ~ %s", groups$group)
    if (stratified) of <- sprintf("%s + strata(%s)", of, groups$stratum)
    call <- sprintf("survdiff(%s, data = %s, rho = %d)$chisq",
                    of, groups$data, if (weighting == "peto") 1 else 0)
    record("k_sample_log_rank", groups$data, call, list(chisq = run(call)),
           group = groups$group, weighting = weighting, stratum = groups$stratum,
           stratified = stratified)
  }
}

# Cox regression ------------------------------------------------------------------------------

# Covariates as 0 and 1, by the names of the groups.
indicators <- function(rows, ...) {
  levels <- list(...)
  for (name in names(levels)) rows[[name]] <- as.numeric(rows[[name]] == levels[[name]])
  rows
}
MODELS <- list(
  veteran = c(treatment = "2", prior = "10", cell = "squamous"),
  ties = c(pair = "b", trio = "z"),
  lung = c(sex = "2")
)
for (name in names(MODELS)) {
  yes <- MODELS[[name]]
  numbers <- do.call(indicators, c(list(get(name)), as.list(yes)))
  terms <- paste(names(yes), collapse = " + ")
  call <- sprintf("coxph(Surv(days, event) ~ %s, data = numbers)", terms)
  fit <- converged(call)
  test <- cox.zph(fit, transform = "km")$table
  alone <- if (length(yes) > 1) test["GLOBAL", "p"] else test[1, "p"]
  record("cox", name, call, list(
    coefficients = unname(coef(fit)), covariances = as.vector(vcov(fit)),
    p_value = unname(summary(fit)$coefficients[, 5]),
    proportionality = unname(test[names(yes), "p"]), proportionality_all = alone
  ), groups = names(yes), yes = unname(yes), ridge = 0)
  for (theta in c(2, 20)) {
    call <- sprintf(
      paste("coxph(Surv(days, event) ~ ridge(%s, theta = %s, scale = FALSE),",
            "data = numbers, eps = 1e-13, toler.chol = 1e-14)"),
      gsub(" [+]", ",", terms), theta
    )
    fit <- run(call)
    record("cox", name, call, list(
      coefficients = unname(coef(fit)), covariances = as.vector(fit$var)
    ), groups = names(yes), yes = unname(yes), ridge = theta)
  }
}

# The group `yes` is entered on day 7 * row mod 60; those of row 60 are in it from the start.
for (pair in PAIRS[1:3]) {
  numbers <- get(pair$data)
  numbers$id <- seq_len(nrow(numbers))
  numbers$known <- ifelse(numbers[[pair$group]] == pair$yes, (7 * numbers$id) %% 60, NA)
  parted <- tmerge(numbers[c("id", "days")], numbers, id = id,
                   had = event(days, event), yes = tdc(known))
  call <- "coxph(Surv(tstart, tstop, had) ~ yes, data = parted)"
  fit <- converged(call)
  record("time_varying", pair$data, call, list(
    coefficients = coef(fit)[[1]], covariances = vcov(fit)[[1]], rows = nrow(parted)
  ), group = pair$group, yes = pair$yes)
}

# Scaled Schoenfeld residuals, and the curve of plot.cox.zph, which draws it and does not give it.
for (pair in PAIRS) {
  numbers <- get(pair$data)
  numbers$level <- as.numeric(numbers[[pair$group]] == pair$yes)
  fit <- converged("coxph(Surv(days, event) ~ level, data = numbers)")
  call <- "cox.zph(fit)"
  zph <- run(call)
  at <- seq(min(zph$x), max(zph$x), length = 40)
  basis <- splines::ns(c(at, zph$x), df = 4, intercept = TRUE)
  of_grid <- basis[1:40, ]
  of_events <- qr(basis[-(1:40), ])
  inverse <- chol2inv(qr.R(of_events))[order(of_events$pivot), order(of_events$pivot)]
  record("schoenfeld", pair$data, call, list(
    time = zph$time, passed = zph$x, residual = zph$y[, 1], variance = zph$var[[1]],
    smooth = drop(of_grid %*% qr.coef(of_events, zph$y[, 1])),
    error = sqrt(zph$var[[1]] * rowSums((of_grid %*% inverse) * of_grid)),
    proportionality = zph$table[1, "p"]
  ), group = pair$group, yes = pair$yes)
}

# A natural spline of an AFP that runs through 1.3 to 1.3^37; the knots are those of afp_spline.
for (name in c("veteran", "lung")) {
  numbers <- get(name)
  numbers$x <- log10(1.3^(1 + (7 * seq_len(nrow(numbers))) %% 37))
  knots <- unname(quantile(numbers$x, c(0.05, 0.35, 0.65, 0.95)))
  call <- paste("coxph(Surv(days, event) ~ splines::ns(x, knots = knots[2:3],",
                "Boundary.knots = knots[c(1, 4)]), data = numbers)")
  fit <- converged(call)
  straight <- converged("coxph(Surv(days, event) ~ x, data = numbers)")
  afp <- c(1, 10, 400, 1000, 16000)
  basis <- splines::ns(log10(c(afp, 1000)), knots = knots[2:3], Boundary.knots = knots[c(1, 4)])
  contrast <- sweep(basis[1:5, ], 2, basis[6, ])
  # What it started from is not the likelihood of no covariates.
  none <- coxph(Surv(days, event) ~ 1, data = numbers)$loglik
  gain <- 2 * (fit$loglik[2] - none)
  record("afp_spline", name, call, list(
    afp = afp, log_ratio = drop(contrast %*% coef(fit)),
    error = sqrt(rowSums((contrast %*% vcov(fit)) * contrast)),
    p_value = pchisq(gain, 3, lower.tail = FALSE),
    nonlinearity_p = pchisq(2 * (fit$loglik[2] - straight$loglik[2]), 2, lower.tail = FALSE),
    proportionality = cox.zph(fit)$table[1, "p"]
  ), reference = 1000)
}

# Proportions and tables by approximation -----------------------------------------------------

# R has no Wald interval; a proportion and its binomial error, cut off at 0 and 1.
wald <- function(count, n, confidence) {
  share <- count / n
  limit <- qnorm((1 + confidence) / 2) * sqrt(share * (1 - share) / n)
  c(max(0, share - limit), min(1, share + limit))
}
for (case in list(c(57, 108, 0.95), c(3, 108, 0.95), c(0, 9, 0.95), c(9, 9, 0.9), c(1, 2, 0.99))) {
  calls <- c(
    # prop.test warns of small counts, for which the interval is still what it is.
    Wilson = "suppressWarnings(prop.test(%g, %g, conf.level = %g, correct = FALSE))$conf.int",
    Wald = "wald(%g, %g, %g)"
  )
  for (name in names(calls)) {
    call <- sprintf(calls[[name]], case[1], case[2], case[3])
    record("proportion", "", call, list(limits = as.vector(run(call))),
           count = case[1], n = case[2], confidence = case[3], interval = name)
  }
}
for (cells in c("50, 38, 7, 13", "41, 2, 19, 46", "105, 1, 1, 1", "0, 5, 7, 0", "3, 3, 3, 3")) {
  table <- sprintf("matrix(c(%s), 2, byrow = TRUE)", cells)
  tests <- c(
    pearson = "suppressWarnings(chisq.test(%s, correct = FALSE))$p.value",
    mcnemar = "mcnemar.test(%s, correct = FALSE)$p.value"
  )
  for (name in names(tests)) {
    call <- sprintf(tests[[name]], table)
    record("table", "", call, list(p_value = run(call)),
           counts = as.vector(t(run(table))), test = name)
  }
}

# Time zero and delayed entry -------------------------------------------------------------------

# Two of three patients enter on the way; -1 is from the start, so that day 0 has a risk set.
for (name in NAMES) {
  rows <- get(name)
  turn <- seq_len(nrow(rows)) %% 3
  rows$start <- ifelse(turn == 0 | rows$days == 0, -1, floor(rows$days * turn / 4))
  assign(name, rows)
}
curve_of <- function(fit, months) {
  table <- summary(fit)$table
  at <- summary(fit, times = months * DAYS_PER_MONTH, extend = FALSE)
  list(
    median = table[["median"]], lower = table[["0.95LCL"]], upper = table[["0.95UCL"]],
    rate = at$surv, rate_lower = at$lower, rate_upper = at$upper
  )
}
for (name in NAMES) {
  for (scale in c("log-log", "log", "plain")) {
    call <- sprintf('survfit(Surv(start, days, event) ~ 1, data = %s, conf.type = "%s")', name, scale)
    fit <- run(call)
    ended <- fit$n.event + fit$n.censor > 0
    record("entry_curve", name, call, c(
      curve_of(fit, c(3, 6)),
      list(days = fit$time[ended], at_risk = fit$n.risk[ended], survival = fit$surv[ended])
    ), ci_type = scale, months = c(3, 6))
  }
  # Who is under observation just before a month; summary(fit, times = ) counts those at risk at
  # the next event instead, among whom are some who have not yet entered.
  months <- c(0, 3, 6, 12)
  call <- sprintf(
    "sapply(%s * DAYS_PER_MONTH, function(day) with(%s, sum(start < day & days >= day)))",
    deparse(months), name
  )
  record("entry_at_risk", name, call, list(at_risk = run(call)), months = months)
}
for (pair in PAIRS) {
  call <- sprintf("coxph(Surv(start, days, event) ~ %s, data = %s, ties = \"efron\")", pair$group, pair$data)
  fit <- run(call)
  record("entry_ratio", pair$data, call, list(
    hazard_ratio = exp(coef(fit))[[1]],
    lower = exp(confint(fit))[1], upper = exp(confint(fit))[2],
    p_value = summary(fit)$coefficients[, "Pr(>|z|)"],
    proportionality_p = cox.zph(fit, transform = "km")$table[1, "p"]
  ), group = pair$group, yes = pair$yes)
  # survdiff knows no late entry; the score test of the exact conditional likelihood of tied
  # events is the log-rank test.
  # Of many ties it takes minutes.
  if (pair$data == "ties") next
  call <- sprintf(
    'coxph(Surv(start, days, event) ~ %s, data = %s, ties = "exact")$score',
    pair$group, pair$data
  )
  statistic <- run(call)
  record("entry_log_rank", pair$data, call, list(
    statistic = statistic, p_value = pchisq(statistic, 1, lower.tail = FALSE)
  ), group = pair$group)
}

# The committed cohort, everybody in which lived to both treatments.
table_of <- function(name) {
  read.csv(sprintf("data/synthetic/%s.csv", name), comment.char = "#", na.strings = "")
}
follow_up <- table_of("follow_up")
first_day <- function(name) {
  rows <- table_of(name)
  as.vector(tapply(as.numeric(as.Date(rows$start_date)), rows$patient_id, min)[follow_up$patient_id])
}
day <- function(column) as.numeric(as.Date(follow_up[[column]]))
starts <- cbind(first_day("radiotherapy"), first_day("immunotherapy"))
events <- list(OS = day("death_date"), PFS = pmin(
  day("progression_date"), day("in_field_relapse_date"), day("out_field_relapse_date"),
  day("death_date"), na.rm = TRUE
))
# As it is, and with immunotherapy begun later in whoever had radiotherapy first: some progress before.
first <- starts
for (later in c(0, 15)) {
  starts <- first
  second <- first[, 1] < first[, 2]
  starts[second, 2] <- first[second, 2] + later
  for (name in names(events)) {
    event <- !is.na(events[[name]])
    end <- ifelse(event, events[[name]], day("last_contact_date"))
    for (zero in c("immunotherapy", "second treatment")) {
      from <- if (zero == "immunotherapy") starts[, 2] else pmax(starts[, 1], starts[, 2])
      # Whoever had the event before time zero is not at risk from it.
      cohort <- subset(data.frame(days = end - from, event = event), days >= 0)
      call <- 'survfit(Surv(days, event) ~ 1, data = cohort, conf.type = "log-log")'
      record("zero", "cohort", call, c(
        list(n = nrow(cohort), before = sum(end < from)), curve_of(run(call), c(12, 24))
      ), endpoint = name, time_zero = zero, later = later)
    }
    from <- pmin(starts[, 1], starts[, 2])
    cohort <- data.frame(
      start = pmax(starts[, 1], starts[, 2]) - from, days = end - from, event = event
    )
    cohort$start[cohort$start == 0] <- -1
    late <- sum(cohort$days <= cohort$start)
    cohort <- subset(cohort, days > start)
    call <- 'survfit(Surv(start, days, event) ~ 1, data = cohort, conf.type = "log-log")'
    record("zero", "cohort", call, c(
      list(n = nrow(cohort), before = late), curve_of(run(call), c(12, 24))
    ), endpoint = name, time_zero = "first treatment", later = later)
  }
}

# Output --------------------------------------------------------------------------------------

# R alone has no JSON. A list with names becomes an object, one without an array; a vector of
# one is a value and a longer one an array; numbers keep 17 digits, all of a double.
to_json <- function(x) {
  if (is.list(x)) {
    values <- vapply(x, to_json, "")
    if (is.null(names(x))) return(paste0("[\n", paste(values, collapse = ",\n"), "\n]"))
    return(paste0("{", paste0('"', names(x), '": ', values, collapse = ", "), "}"))
  }
  written <- if (is.character(x)) encodeString(x, quote = '"') else sprintf("%.17g", x)
  written[!is.character(x) & !is.finite(x)] <- "null"
  if (length(x) == 1) written else paste0("[", paste(written, collapse = ", "), "]")
}

versions <- list(
  R = as.character(getRversion()),
  survival = as.character(packageVersion("survival")),
  cmprsk = as.character(packageVersion("cmprsk"))
)
writeLines(to_json(list(versions = versions, records = records)), output)

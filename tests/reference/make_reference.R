# Computes, with R's survival package, what the tests of analysis.estimates are held to.
#
#   Rscript tests/reference/make_reference.R [folder]
#
# Writes lung.csv and veteran.csv (from the package) into the folder, then reads every CSV file
# of the folder and writes expected.json there. A CSV file has the columns days (whole days) and
# event (0 or 1); every other column is a way to group its rows. Without an argument the folder
# is tests/reference, from the root of the repository.

library(survival)

arguments <- commandArgs(trailingOnly = TRUE)
folder <- if (length(arguments) > 0) arguments[1] else "tests/reference"

DAYS_PER_MONTH <- 30.4375
RATE_DAYS <- sort(c(0, 2, 3.5, 7, c(6, 12, 18, 24) * DAYS_PER_MONTH))
RISK_MONTHS <- seq(0, 60, by = 6)
INTERVALS <- list(
  list(ci_type = "log-log", confidence = 0.95),
  list(ci_type = "log", confidence = 0.95),
  list(ci_type = "plain", confidence = 0.95),
  list(ci_type = "log-log", confidence = 0.9)
)

# R alone has no JSON. A list with names becomes an object, one without an array, and a vector
# inside I() an array; numbers keep 17 digits, which is all of a double; NA becomes null.
to_json <- function(x, indent = "") {
  inner <- paste0(indent, "  ")
  if (is.list(x)) {
    values <- vapply(x, to_json, "", indent = inner)
    if (!is.null(names(x))) {
      values <- paste0(encodeString(names(x), quote = '"'), ": ", values)
    }
    brackets <- if (is.null(names(x))) c("[", "]") else c("{", "}")
    lines <- paste0(inner, values, collapse = ",\n")
    return(paste0(brackets[1], "\n", lines, "\n", indent, brackets[2]))
  }
  written <- if (is.character(x)) encodeString(x, quote = '"') else sprintf("%.17g", unclass(x))
  written[is.na(x)] <- "null"
  if (inherits(x, "AsIs")) paste0("[", paste(written, collapse = ", "), "]") else written
}

# The call that is written down is the call that is run.
run <- function(call) eval(parse(text = call), globalenv())

limits <- function(interval, source) {
  call <- sprintf(
    'survfit(Surv(days, event) ~ 1, data = %s, conf.type = "%s", conf.int = %s)',
    source, interval$ci_type, interval$confidence
  )
  fit <- run(call)
  start <- survfit0(fit)
  # After the last day a curve is known where nobody was censored on it: it stays at 0.
  inside <- RATE_DAYS <= max(start$time) | tail(start$n.censor, 1) == 0
  read <- summary(fit, times = RATE_DAYS[inside], extend = TRUE)
  pad <- function(x) I(c(x, rep(NA, sum(!inside))))
  printed <- summary(fit)$table
  quantiles <- quantile(fit, 0.5)
  list(
    ci_type = interval$ci_type,
    confidence = interval$confidence,
    call = call,
    lower = I(start$lower),
    upper = I(start$upper),
    # Columns of summary(fit)$table, which print(fit) shows: median, LCL, UCL.
    median = I(unname(printed[c("median", grep("[LU]CL$", names(printed), value = TRUE))])),
    # quantile(fit, 0.5), for the record: the README says where it differs.
    quantile = I(unname(c(quantiles$quantile, quantiles$lower, quantiles$upper))),
    rates = list(
      days = I(RATE_DAYS),
      survival = pad(read$surv),
      lower = pad(read$lower),
      upper = pad(read$upper)
    )
  )
}

curve <- function(name, group, level) {
  source <- if (group == "") name else sprintf('%s[%s$%s == "%s", ]', name, name, group, level)
  call <- sprintf("survfit(Surv(days, event) ~ 1, data = %s)", source)
  fit <- run(call)
  start <- survfit0(fit)
  reverse <- sprintf("survfit(Surv(days, 1 - event) ~ 1, data = %s)", source)
  list(
    group = group,
    level = level,
    call = call,
    days = I(start$time),
    at_risk = I(start$n.risk),
    events = I(start$n.event),
    censored = I(start$n.censor),
    survival = I(start$surv),
    intervals = lapply(INTERVALS, limits, source = source),
    risk_months = I(RISK_MONTHS),
    numbers_at_risk = I(summary(fit, times = RISK_MONTHS * DAYS_PER_MONTH, extend = TRUE)$n.risk),
    follow_up = list(call = reverse, median = unname(summary(run(reverse))$table["median"]))
  )
}

log_rank <- function(name, group) {
  call <- sprintf("survdiff(Surv(days, event) ~ %s, data = %s)", group, name)
  test <- run(call)
  list(group = group, call = call, chisq = test$chisq, df = sum(test$exp > 0) - 1, p = test$pvalue)
}

cox <- function(name, group) {
  # The iteration stops when the likelihood no longer changes, which the coefficient still may
  # in its eighth digit; starting again where it stopped takes one more Newton step.
  first <- sprintf('coxph(Surv(days, event) ~ %s, data = %s, ties = "efron")', group, name)
  call <- sub(")$", sprintf(", init = coef(%s))", first), first)
  fit <- summary(run(call))
  levels <- sort(unique(run(name)[[group]]))
  found <- fit$coefficients[1, ]
  list(
    group = group,
    level = levels[2],
    call = call,
    coefficient = found[["coef"]],
    standard_error = found[["se(coef)"]],
    p = found[["Pr(>|z|)"]],
    lower = fit$conf.int[1, "lower .95"],
    upper = fit$conf.int[1, "upper .95"]
  )
}

dataset <- function(file) {
  name <- sub("[.]csv$", "", basename(file))
  rows <- read.csv(file)
  groups <- setdiff(names(rows), c("days", "event"))
  rows[groups] <- lapply(rows[groups], as.character)
  assign(name, rows, globalenv())
  levels <- lapply(rows[groups], function(column) sort(unique(column)))
  by_level <- Map(function(group) lapply(levels[[group]], curve, name = name, group = group), groups)
  pairs <- groups[lengths(levels) == 2]
  list(
    curves = c(list(curve(name, "", "")), unlist(unname(by_level), recursive = FALSE)),
    log_rank = lapply(groups, log_rank, name = name),
    cox = lapply(pairs, cox, name = name)
  )
}

clopper_pearson <- function(count, n, confidence) {
  call <- sprintf("binom.test(%d, %d, conf.level = %s)$conf.int", count, n, confidence)
  found <- run(call)
  list(
    call = call, count = count, n = n, confidence = confidence,
    lower = found[1], upper = found[2]
  )
}

# Counts row by row.
two_by_two <- function(counts) {
  fisher <- sprintf("fisher.test(rbind(c(%d, %d), c(%d, %d)))$p.value",
                    counts[1], counts[2], counts[3], counts[4])
  discordant <- counts[2] + counts[3]
  mcnemar <- sprintf("binom.test(%d, %d)$p.value", counts[2], discordant)
  list(
    counts = I(counts),
    fisher_call = fisher,
    fisher_p = run(fisher),
    mcnemar_call = mcnemar,
    mcnemar_p = run(mcnemar)
  )
}

from_package <- list(
  lung = with(survival::lung, data.frame(days = time, event = status - 1, sex = sex)),
  veteran = with(survival::veteran, data.frame(
    days = time, event = status, treatment = trt, prior = prior, cell = celltype
  ))
)
for (name in names(from_package)) {
  write.csv(from_package[[name]], file.path(folder, paste0(name, ".csv")),
            row.names = FALSE, quote = FALSE)
}

files <- sort(list.files(folder, "[.]csv$", full.names = TRUE), method = "radix")
expected <- list(
  versions = list(
    R = as.character(getRversion()),
    survival = as.character(packageVersion("survival"))
  ),
  datasets = setNames(lapply(files, dataset), sub("[.]csv$", "", basename(files))),
  proportions = Map(
    clopper_pearson,
    c(0L, 1L, 5L, 27L, 50L, 108L, 3L), c(10L, 10L, 10L, 108L, 100L, 108L, 7L),
    c(0.95, 0.95, 0.95, 0.95, 0.9, 0.95, 0.99)
  ),
  two_by_two = lapply(
    list(
      c(3L, 1L, 1L, 3L), c(10L, 2L, 3L, 15L), c(30L, 12L, 0L, 66L), c(25L, 25L, 25L, 25L),
      c(0L, 0L, 5L, 7L), c(12L, 1L, 9L, 80L)
    ),
    two_by_two
  )
)
writeLines(to_json(expected), file.path(folder, "expected.json"))

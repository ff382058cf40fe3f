# Computes, with R's survival package, what comparisons of arms and factors of several levels are
# held to: the veterans' lung cancer trial by its two treatments, and by its four types of cells.
#
#   Rscript tests/reference/arms.R [folder to write to]
#
# To be run from the root of the repository; without an argument it writes veteran.tsv (the patients)
# and arms.tsv (the values, with the call that gave each) to tests/reference.

library(survival)

# A fit that does not converge is no reference.
options(warn = 2)

arguments <- commandArgs(trailingOnly = TRUE)
folder <- if (length(arguments) > 0) arguments[1] else "tests/reference"

patients <- data.frame(
  days = veteran$time,
  event = veteran$status,
  treatment = as.character(veteran$trt),
  prior = as.character(veteran$prior),
  cell = as.character(veteran$celltype),
  age_years = veteran$age,
  karnofsky = veteran$karno,
  since_diagnosis = veteran$diagtime
)
write.table(patients, file.path(folder, "veteran.tsv"), sep = "\t", quote = FALSE,
            row.names = FALSE)
patients$cell <- factor(patients$cell, c("squamous", "smallcell", "adeno", "large"))
patients$treatment <- factor(patients$treatment)
patients$prior <- factor(patients$prior)

found <- NULL
# The call that is written down is the call that is run.
run <- function(call) eval(parse(text = call), globalenv())
record <- function(arm, variable, statistic, level, call, value) {
  found <<- rbind(found, data.frame(arm, variable, statistic, level, call,
                                    value = sprintf("%.17g", value)))
}

# Standardised differences, written out: no package of R's own has them. Austin PC. Stat Med
# 2009;28:3083-107; Yang D, Dalton JE. SAS Global Forum 2012, paper 335.
smd_mean <- function(values, arm, one, other) {
  x <- values[arm == one]
  y <- values[arm == other]
  (mean(x) - mean(y)) / sqrt((var(x) + var(y)) / 2)
}
smd_shares <- function(values, arm, one, other) {
  p <- prop.table(table(values[arm == one]))[-1]
  q <- prop.table(table(values[arm == other]))[-1]
  covariance <- function(s) diag(s, length(s)) - s %*% t(s)
  d <- as.vector(p - q)
  sqrt(as.numeric(d %*% solve((covariance(as.vector(p)) + covariance(as.vector(q))) / 2) %*% d))
}

for (arm in c("treatment", "cell")) {
  others <- levels(patients[[arm]])[-1]
  first <- levels(patients[[arm]])[1]

  for (variable in c("age_years", "karnofsky", "since_diagnosis")) {
    call <- if (length(others) == 1) {
      sprintf("wilcox.test(%s ~ %s, patients, exact = FALSE)$p.value", variable, arm)
    } else {
      sprintf("kruskal.test(%s ~ %s, patients)$p.value", variable, arm)
    }
    record(arm, variable, "p_value", "", call, run(call))
    for (level in others) {
      call <- sprintf("smd_mean(patients$%s, patients$%s, '%s', '%s')", variable, arm, level, first)
      record(arm, variable, "smd", level, call, run(call))
    }
  }

  for (variable in setdiff(c("prior", "cell"), arm)) {
    two_by_two <- nlevels(patients[[variable]]) == 2 && length(others) == 1
    chi_square <- sprintf("chisq.test(patients$%s, patients$%s, correct = FALSE)$p.value",
                          variable, arm)
    exact <- sprintf("fisher.test(patients$%s, patients$%s)$p.value", variable, arm)
    call <- if (two_by_two) exact else chi_square
    record(arm, variable, "p_value", "", call, run(call))
    record(arm, variable, "p_value_asymptotic", "", chi_square, run(chi_square))
    for (level in others) {
      call <- sprintf("smd_shares(patients$%s, patients$%s, '%s', '%s')",
                      variable, arm, level, first)
      record(arm, variable, "smd", level, call, run(call))
    }
  }

  call <- sprintf("survdiff(Surv(days, event) ~ %s, patients)", arm)
  test <- run(call)
  p <- pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE)
  record(arm, "OS", "p_value", "", call, p)

  formula <- sprintf("Surv(days, event) ~ %s", arm)
  start <- run(sprintf("coxph(%s, patients)", formula))
  # Started again where it stopped, for the last digits.
  call <- sprintf("coxph(%s, patients, init = coef(coxph(%s, patients)))", formula, formula)
  fit <- run(call)
  proportional <- cox.zph(fit, transform = "km", terms = FALSE)$table[, "p"]
  table <- summary(fit)
  for (place in seq_along(others)) {
    values <- c(hazard_ratio = table$conf.int[place, 1], hr_lower = table$conf.int[place, 3],
                hr_upper = table$conf.int[place, 4], hr_p = table$coefficients[place, 5],
                proportionality_p = unname(proportional[place]))
    for (statistic in names(values)) {
      said <- if (statistic == "proportionality_p") {
        sprintf("cox.zph(%s, transform = 'km', terms = FALSE)", call)
      } else {
        sprintf("summary(%s)", call)
      }
      record(arm, "OS", statistic, others[place], said, values[[statistic]])
    }
  }

  call <- sprintf("survfit(Surv(days, event) ~ %s, patients, conf.type = 'log-log')", arm)
  medians <- summary(run(call))$table
  for (level in levels(patients[[arm]])) {
    of_level <- medians[sprintf("%s=%s", arm, level), ]
    record(arm, "OS", "n", level, call, of_level[["records"]])
    record(arm, "OS", "events", level, call, of_level[["events"]])
    record(arm, "OS", "median_days", level, call, of_level[["median"]])
  }
}

output <- file(file.path(folder, "arms.tsv"), "w")
writeLines(c(
  "# Rscript tests/reference/arms.R",
  sprintf("# R %s with survival %s", getRversion(), packageVersion("survival"))
), output)
write.table(found, output, sep = "\t", quote = FALSE, row.names = FALSE)
close(output)

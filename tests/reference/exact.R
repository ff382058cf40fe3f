# Computes, with R, what exact log-rank tests are held to.
#
#   Rscript tests/reference/exact.R [file to write]
#
# To be run from the root of the repository; without an argument it writes tests/reference/exact.tsv.
# Its data are lung.csv, veteran.csv and ties.csv in that folder, some of them in part: few events,
# or few patients in a group, are what the tests are for.

library(survival)

arguments <- commandArgs(trailingOnly = TRUE)
output <- if (length(arguments) > 0) arguments[1] else "tests/reference/exact.tsv"
for (name in c("lung", "veteran", "ties")) {
  assign(name, read.csv(sprintf("tests/reference/%s.csv", name)))
}

# The risk sets of a log-rank test, two by two by day: group, event; days on which only one group is
# at risk, or all have the event, decide nothing.
risk_sets <- function(rows, group) {
  one <- rows[[group]] == sort(unique(rows[[group]]))[1]
  days <- sort(unique(rows$days[rows$event == 1]))
  tables <- vapply(days, function(day) {
    at_risk <- rows$days >= day
    had <- rows$days == day & rows$event == 1
    matrix(c(sum(had & one), sum(had & !one),
             sum(at_risk & one) - sum(had & one), sum(at_risk & !one) - sum(had & !one)), 2)
  }, matrix(0, 2, 2))
  decides <- apply(tables, 3, function(x) all(rowSums(x) > 0) && all(colSums(x) > 0))
  tables[, , decides, drop = FALSE]
}

# The distribution of the events of the first group, from hypergeometric ones of each day, and the
# probability of a chi-square as large as that observed.
by_chi_square <- function(tables) {
  chances <- 1
  for (day in seq_len(dim(tables)[3])) {
    x <- tables[, , day]
    here <- dhyper(0:sum(x[, 1]), sum(x[1, ]), sum(x[2, ]), sum(x[, 1]))
    sums <- outer(seq_along(chances) - 1, seq_along(here) - 1, "+")
    chances <- as.vector(tapply(as.vector(outer(chances, here)), as.vector(sums), sum))
  }
  expected <- sum(apply(tables, 3, function(x) sum(x[1, ]) * sum(x[, 1]) / sum(x)))
  apart <- abs(seq_along(chances) - 1 - expected)
  sum(chances[apart >= abs(sum(tables[1, 1, ]) - expected) - 1e-9])
}

# The criterion of Mantel and Fleiss (Am J Epidemiol 1980;112:129-34).
mantel_fleiss <- function(tables) {
  at <- apply(tables, 3, function(x) c(
    expected = sum(x[1, ]) * sum(x[, 1]) / sum(x),
    least = max(0, sum(x[, 1]) - sum(x[2, ])), most = min(sum(x[1, ]), sum(x[, 1]))
  ))
  total <- rowSums(at)
  min(total["expected"] - total["least"], total["most"] - total["expected"])
}

found <- NULL
record <- function(data, group, statistic, call) {
  value <- eval(parse(text = call), globalenv())
  found <<- rbind(found, data.frame(data, group, statistic, call, value = sprintf("%.17g", value)))
}
cases <- list(
  c("lung[1:20, ]", "sex"), c("lung[lung$sex == 1 | seq_len(nrow(lung)) <= 20, ]", "sex"),
  c("lung", "sex"), c("veteran[1:30, ]", "prior"), c("veteran[60:75, ]", "treatment"),
  c("ties[1:15, ]", "pair"), c("ties", "pair")
)
for (case in cases) {
  sets <- sprintf("risk_sets(%s, '%s')", case[1], case[2])
  record(case[1], case[2], "p", sprintf("by_chi_square(%s)", sets))
  record(case[1], case[2], "criterion", sprintf("mantel_fleiss(%s)", sets))
  for (side in c("greater", "less")) {
    record(case[1], case[2], side, sprintf(
      "mantelhaen.test(%s, exact = TRUE, alternative = '%s')$p.value", sets, side
    ))
  }
}

heading <- c("# Rscript tests/reference/exact.R", sprintf(
  "# R %s.%s with survival %s", R.version$major, R.version$minor, packageVersion("survival")
))
writeLines(heading, output)
suppressWarnings(write.table(found, output, sep = "\t", quote = FALSE, row.names = FALSE,
                             append = TRUE))

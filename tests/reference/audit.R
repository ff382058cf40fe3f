# Computes, with R, what the p values and intervals of the audit are held to.
#
#   Rscript tests/reference/audit.R [file to write]
#
# To be run from the root of the repository; without an argument it writes tests/reference/audit.tsv:
# a question, the counts or numbers that it is asked of, the name that the audit gives it, the value, and
# the call, with the version of R.

arguments <- commandArgs(trailingOnly = TRUE)
output <- if (length(arguments) > 0) arguments[1] else "tests/reference/audit.tsv"

rows <- list()
add <- function(kind, input, name, value, call) {
  rows[[length(rows) + 1]] <<- data.frame(
    kind = kind, input = paste(input, collapse = " "), name = name,
    value = format(value, digits = 15), call = call
  )
}

# Tables, by their rows; the first number is how many rows there are.
tables <- list(
  matrix(c(27, 3, 1, 2, 25, 6, 3, 2), 2, byrow = TRUE),
  matrix(c(3, 1, 2, 27, 6, 3, 2, 25), 2, byrow = TRUE),
  matrix(c(100, 60, 40, 90, 62, 48), 2, byrow = TRUE),
  matrix(c(9, 4, 2, 3, 6, 8), 2, byrow = TRUE),
  matrix(c(3, 2, 4, 1, 5, 2, 2, 0, 6), 3, byrow = TRUE)
)
for (table in tables) {
  input <- c(nrow(table), t(table))
  add("table", input, "Fisher-Freeman-Halton", fisher.test(table)$p.value, "fisher.test(table)")
  suppressWarnings({
    add("table", input, "Pearson", chisq.test(table, correct = FALSE)$p.value,
        "chisq.test(table, correct = FALSE)")
  })
  group <- rep(row(table), table)
  category <- rep(col(table), table)
  add("table", input, "Kruskal-Wallis", kruskal.test(category, group)$p.value,
      "kruskal.test(category, group)")
  if (nrow(table) == 2) {
    add("table", input, "Cochran-Armitage trend", prop.trend.test(table[1, ], colSums(table))$p.value,
        "prop.trend.test(table[1, ], colSums(table))")
  }
}
for (table in list(c(40, 60, 28, 72), c(8, 21712, 162, 21566), c(5, 9, 11, 4))) {
  cells <- matrix(table, 2, byrow = TRUE)
  add("table", c(2, table), "Fisher", fisher.test(cells)$p.value, "fisher.test(table)")
  add("table", c(2, table), "Yates", suppressWarnings(chisq.test(cells)$p.value), "chisq.test(table)")
  add("table", c(2, table), "Pearson one-sided",
      suppressWarnings(prop.test(cells, alternative = if (table[1] / sum(table[1:2]) >
        table[3] / sum(table[3:4])) "greater" else "less", correct = FALSE)$p.value),
      "prop.test(table, alternative = ..., correct = FALSE)")
}

# Proportions: count, number, level in per cent; both limits.
for (pair in list(c(21, 60), c(1, 36), c(0, 20), c(45, 46))) {
  for (level in c(90, 95, 99)) {
    exact <- binom.test(pair[1], pair[2], conf.level = level / 100)$conf.int
    wilson <- suppressWarnings(prop.test(pair[1], pair[2], conf.level = level / 100, correct = FALSE))
    corrected <- suppressWarnings(prop.test(pair[1], pair[2], conf.level = level / 100))
    for (side in 1:2) {
      input <- c(pair, level, side)
      add("proportion", input, "Clopper-Pearson", exact[side], "binom.test(x, n)$conf.int")
      add("proportion", input, "Wilson", wilson$conf.int[side],
          "prop.test(x, n, correct = FALSE)$conf.int")
      add("proportion", input, "Wilson, corrected", corrected$conf.int[side],
          "prop.test(x, n)$conf.int")
    }
  }
}

# Statistics: value and degrees of freedom; two-sided p values.
add("statistic", c(2.2, 58), "t", 2 * pt(-2.2, 58), "2 * pt(-2.2, 58)")
add("statistic", c(0.31, 12.7), "t", 2 * pt(-0.31, 12.7), "2 * pt(-0.31, 12.7)")
add("statistic", c(3.3, 2, 57), "f", pf(3.3, 2, 57, lower.tail = FALSE),
    "pf(3.3, 2, 57, lower.tail = FALSE)")
add("statistic", c(9.4, 4), "chi2", pchisq(9.4, 4, lower.tail = FALSE),
    "pchisq(9.4, 4, lower.tail = FALSE)")

result <- do.call(rbind, rows)
result$r <- as.character(getRversion())
write.table(result, output, sep = "\t", row.names = FALSE, quote = FALSE)

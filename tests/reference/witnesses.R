# Recomputes, with R's survival package, the statistics that witnesses are witnesses of.
#
#   python -m tests.reference.witnesses        unpacks them, and calls this script
#   Rscript tests/reference/witnesses.R <folder of folders> <file to write>
#
# To be run from the root of the repository. Each folder in the first is a dataset, named as the
# witness. `cohort.R` derives endpoints and factors from its tables once more, and gives all rows of
# Table 5; of the factor and endpoint that the name begins with, kept here are: the hazard ratio
# (coxph, ties = "efron"), its logarithm and standard error, and the p of survdiff.

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
output <- arguments[2]
names <- sort(list.files(folder), method = "radix")

of_one <- function(name) {
  # What cohort.R asks for: where it reads, and where it writes.
  written <- tempfile()
  commandArgs <- function(...) c(file.path(folder, name), written)
  source("tests/reference/cohort.R", local = TRUE)
  rows <- read.delim(written, comment.char = "#", colClasses = "character", quote = "")
  wanted <- c("hazard_ratio", "hr_lower", "hr_upper", "hr_p", "p_value")
  rows <- rows[rows$analysis_id == "prognosis" & rows$statistic %in% wanted, ]
  cbind(name = name, rows)
}

found <- do.call(rbind, lapply(names, of_one))
lines <- c(
  "# Written by tests/reference/witnesses.R, not by hand. Computed by:",
  "# python -m tests.reference.witnesses",
  sprintf("# R %s with survival %s", getRversion(), packageVersion("survival"))
)
columns <- c("name", "group", "variable", "statistic", "value")
body <- apply(found[columns], 1, paste, collapse = "\t")
writeLines(c(lines, paste(columns, collapse = "\t"), body), output)

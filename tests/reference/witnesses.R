# Recomputes, with R's survival package, the statistics that witnesses are witnesses of.
#
#   python -m tests.reference.witnesses        unpacks them, and calls this script
#   Rscript tests/reference/witnesses.R <folder of folders> <witnesses.csv> <file to write>
#
# To be run from the root of the repository. Each folder in the first is a dataset, named as the
# witness; the second says of which statistic it is one. `cohort.R` derives endpoints and factors from
# its tables once more. Of a ratio of one factor: coxph (ties = "efron") with its limits and p, and
# the p of survdiff; of the model of all factors: coxph; of a rate: survfit; of a difference of
# restricted means: survfit, rmean.

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
asked <- read.csv(arguments[2], colClasses = "character")
output <- arguments[3]
per_month <- 30.4375

of_one <- function(name) {
  row <- asked[asked$name == name, ]
  # What cohort.R asks for: where it reads, and where it writes.
  written <- tempfile()
  commandArgs <- function(...) c(file.path(folder, name), written)
  source("tests/reference/cohort.R", local = TRUE)
  times <- endpoints[[row$variable]]
  until <- as.numeric(row$variable_level) * per_month
  values <- if (row$statistic == "rate") {
    curve <- survfit(Surv(days, event) ~ 1, data = times)
    c(rate = 100 * summary(curve, times = until, extend = TRUE)$surv)
  } else if (row$statistic == "rmst_difference") {
    level <- factors[[row$group]]
    found <- summary(survfit(Surv(days, event) ~ level, data = times), rmean = until)$table
    means <- found[, "rmean"] / per_month
    c(rmst_difference = unname(means["level=yes"] - means["level=no"]))
  } else if (row$parameters != "") {
    all <- data.frame(
      lapply(factors[unique(asked$group[asked$group != ""])], relevel, "no"), check.names = FALSE
    )
    model <- coxph(Surv(times$days, times$event) ~ ., data = all, ties = "efron")
    # Names that are no names of R stand in quotes there.
    of <- gsub("`", "", names(coef(model)), fixed = TRUE) == paste0(row$group, "yes")
    c(hazard_ratio = exp(unname(coef(model)[of])))
  } else {
    rows <- read.delim(written, comment.char = "#", colClasses = "character", quote = "")
    wanted <- c("hazard_ratio", "hr_lower", "hr_upper", "hr_p", "p_value")
    rows <- rows[rows$analysis_id == "prognosis" & rows$statistic %in% wanted, ]
    rows <- rows[rows$group == row$group & rows$variable == row$variable, ]
    setNames(as.numeric(rows$value), rows$statistic)
  }
  data.frame(name = name, statistic = names(values), value = sprintf("%.15g", values))
}

found <- do.call(rbind, lapply(asked$name, of_one))
lines <- c(
  "# Written by tests/reference/witnesses.R, not by hand. Computed by:",
  "# python -m tests.reference.witnesses",
  sprintf("# R %s with survival %s", getRversion(), packageVersion("survival"))
)
body <- apply(found, 1, paste, collapse = "\t")
writeLines(c(lines, paste(names(found), collapse = "\t"), body), output)

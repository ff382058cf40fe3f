# One survival curve with its median, one log-rank test and one Cox regression, timed.
# Rscript growth.R times.csv; prints JSON. Reading the file is not counted.
suppressPackageStartupMessages(library(survival))
times <- read.csv(commandArgs(trailingOnly = TRUE)[1], colClasses = "numeric")
seconds <- function(expression) system.time(expression, gcFirst = TRUE)[["elapsed"]]
curve <- seconds({
  fitted <- survfit(Surv(days, event) ~ 1, times, conf.type = "log-log")
  median <- summary(fitted)$table[["median"]]
})
log_rank <- seconds(tested <- survdiff(Surv(days, event) ~ level, times))
cox <- seconds(model <- coxph(Surv(days, event) ~ level, times, ties = "efron"))
cat(sprintf(
  '{"seconds": [%.3f, %.3f, %.3f], "values": [%.12g, %.12g, %.12g], "version": "%s"}\n',
  curve, log_rank, cox, median, tested$chisq, exp(coef(model)[[1]]),
  paste0("R ", getRversion(), ", survival ", packageVersion("survival"))
))

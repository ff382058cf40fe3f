# Recomputes, with R's survival and cmprsk packages, every estimate of four real studies: that of
# data/hepatocellular, and those declared in tests/reference/studies.
#
#   Rscript tests/reference/studies.R <hepatoCellular as CSV> [file to write]
#
# To be run from the root of the repository. The first file is written by
# `python -m tests.reference.hepatocellular <file>`, from the package that carries the data, of which
# nothing is stored here; pbc, lung and veteran are R's own. Nothing is shared with analysis/ or with
# the declarations: factors and endpoints are written here once more, and times stay in the unit in
# which they were recorded, hepatocellular's in months.

library(survival)
library(cmprsk)

options(warn = 1)

arguments <- commandArgs(trailingOnly = TRUE)
output <- if (length(arguments) > 1) arguments[2] else "tests/reference/studies.tsv"

RATE_MONTHS <- c(12, 24)
RISK_MONTHS <- seq(0, 60, by = 6)
RESTRICTED_MONTHS <- 24
LANDMARK_MONTHS <- 6
Z <- qnorm(0.975)

# What a study declares ------------------------------------------------------------------------

# A quantity that is cut: its two groups are called `yes` (what is asked holds) and `no`.
cut_at <- function(variable, values, operator, limit, shown = limit) {
  holds <- do.call(operator, list(values, limit))
  opposite <- c("<" = ">=", ">=" = "<", ">" = "<=", "<=" = ">")[[operator]]
  list(
    key = paste0(variable, operator, shown), binary = TRUE,
    groups = factor(ifelse(holds, "yes", "no"), c("yes", "no")),
    described = list(
      list(variable, quantity = values),
      list(variable, groups = factor(ifelse(holds, paste0(operator, shown), paste0(opposite, shown)),
                                     paste0(c(operator, opposite), shown)))
    )
  )
}
# One level that is asked for, of a variable that is described by all.
one_of <- function(key, variable, values, level) {
  list(key = key, binary = TRUE,
       groups = factor(ifelse(values == level, "yes", "no"), c("yes", "no")),
       described = list(list(variable, groups = values)))
}
# Levels, the first of which the others are compared with; yes against no has no level of its own.
levels_of <- function(variable, values, levels) {
  groups <- factor(as.character(values), levels)
  list(key = variable, binary = identical(levels, c("yes", "no")), groups = groups,
       described = list(list(variable, groups = groups)))
}
yes_no <- function(codes) ifelse(codes == 1, "yes", "no")

# `status`: 0 censored, 1 the event, 2 what competes with it.
endpoint <- function(time, status, competes = FALSE) {
  list(times = data.frame(time = time, status = status), competes = competes)
}

hepatocellular <- function() {
  d <- read.csv(arguments[1])
  code <- function(variable, column) levels_of(variable, d[[column]], c("1", "2"))
  sign <- function(variable, column) levels_of(variable, yes_no(d[[column]]), c("yes", "no"))
  sex <- factor(ifelse(d$Gender == 1, "male", "female"), c("male", "female"))
  list(
    name = "hepatocellular", per_month = 1, whole = FALSE, deaths = d$Death, n = nrow(d),
    factors = list(
      one_of("male", "sex", sex, "male"),
      cut_at("age_years", d$Age, "<", 60),
      sign("hepatitis_b", "HBsAg"),
      sign("cirrhosis", "Cirrhosis"),
      code("afp_group", "AFP"),
      code("alt_group", "ALT"),
      code("ast_group", "AST"),
      code("tumour_size_group", "Tumorsize"),
      code("multiplicity", "Tumormultiplicity"),
      code("differentiation", "Tumordifferentiation"),
      sign("vascular_invasion", "Vascularinvasion"),
      sign("capsule", "Capsulation"),
      code("tnm", "TNM"),
      code("bclc", "BCLC"),
      cut_at("cxcl17_tumour", d$CXCL17T, ">=", 20.7)
    ),
    endpoints = list(OS = endpoint(d$OS, d$Death), RFS = endpoint(d$RFS, d$Recurrence))
  )
}

primary_biliary_cirrhosis <- function() {
  d <- survival::pbc
  sex <- factor(ifelse(d$sex == "m", "male", "female"), c("male", "female"))
  list(
    name = "pbc", per_month = 30.4375, whole = TRUE, deaths = NULL, n = nrow(d),
    factors = list(
      levels_of("treatment", d$trt, c("1", "2")),
      one_of("male", "sex", sex, "male"),
      cut_at("age_years", d$age, "<", 60),
      levels_of("ascites", d$ascites, c("0", "1")),
      levels_of("edema", d$edema, c("0", "0.5", "1")),
      # 23.94 in the declaration, which is 1.4 times 17.1.
      within(cut_at("bilirubin", d$bili, ">", 1.4, 23.94),
             described[[1]]$quantity <- d$bili * 17.1),
      cut_at("cholesterol", d$chol, ">", 300),
      cut_at("albumin", d$albumin, "<", 3.5),
      levels_of("stage", d$stage, c("1", "2", "3", "4"))
    ),
    endpoints = list(
      OS = endpoint(d$time, as.numeric(d$status == 2)),
      TRANSPLANT = endpoint(d$time, d$status, competes = TRUE)
    )
  )
}

lung_cancer <- function() {
  d <- survival::lung
  sex <- factor(ifelse(d$sex == 1, "male", "female"), c("male", "female"))
  list(
    name = "lung", per_month = 30.4375, whole = TRUE, deaths = d$status - 1, n = nrow(d),
    factors = list(
      one_of("male", "sex", sex, "male"),
      cut_at("age_years", d$age, ">=", 65),
      cut_at("ecog_status", d$ph.ecog, ">=", 2),
      cut_at("karnofsky", d$ph.karno, ">", 80),
      cut_at("karnofsky_own", d$pat.karno, ">", 80),
      cut_at("calories", d$meal.cal, ">", 975),
      cut_at("weight_loss", d$wt.loss, ">", 7)
    ),
    endpoints = list(OS = endpoint(d$time, d$status - 1))
  )
}

veterans <- function() {
  d <- survival::veteran
  list(
    name = "veteran", per_month = 30.4375, whole = TRUE, deaths = NULL, n = nrow(d),
    factors = list(
      levels_of("treatment", d$trt, c("1", "2")),
      levels_of("cell", d$celltype, c("squamous", "smallcell", "adeno", "large")),
      levels_of("prior", d$prior, c("0", "10")),
      cut_at("age_years", d$age, "<", 60),
      cut_at("karnofsky", d$karno, ">=", 60),
      cut_at("since_diagnosis", d$diagtime, ">", 5)
    ),
    endpoints = list(OS = endpoint(d$time, d$status))
  )
}

# Rows of the estimates table -------------------------------------------------------------------

# `statistics` is a vector of numbers with their names.
rows <- function(analysis_id, variable, statistics, variable_level = "", group = "",
                 group_level = "") {
  data.frame(analysis_id, group, group_level, variable, variable_level = as.character(variable_level),
             statistic = names(statistics), value = as.numeric(statistics))
}
stack <- function(values, made, ...) do.call(rbind, lapply(values, made, ...))

shares <- function(analysis_id, variable, groups) {
  stack(levels(groups), function(level) {
    count <- sum(groups == level, na.rm = TRUE)
    rows(analysis_id, variable, c(count = count, percent = 100 * count / sum(!is.na(groups))), level)
  })
}
# How many patients have no record, where there are any.
unrecorded <- function(analysis_id, variable, values, ...) {
  missing <- sum(is.na(values))
  if (missing > 0) rows(analysis_id, variable, c(not_recorded = missing), ...)
}
described <- function(what) {
  values <- if (is.null(what$groups)) what$quantity else what$groups
  absent <- unrecorded("characteristics", what[[1]], values)
  if (!is.null(what$groups)) {
    return(rbind(shares("characteristics", what[[1]], what$groups), absent))
  }
  found <- c(median = median(what$quantity, na.rm = TRUE), min = min(what$quantity, na.rm = TRUE),
             max = max(what$quantity, na.rm = TRUE))
  rbind(rows("characteristics", what[[1]], found), absent)
}
characteristics <- function(study) {
  of_factors <- unlist(lapply(study$factors, `[[`, "described"), recursive = FALSE)
  # A quantity and its groups lack the same patients.
  unique(rbind(rows("characteristics", "patients", c(count = study$n)),
               stack(of_factors, described)))
}

# Curves ----------------------------------------------------------------------------------------

# Of an incidence of 0 R tells that log(-log()) has no value, which is what it then gives.
quietly <- function(call) suppressWarnings(call)

# The curve of an endpoint: Kaplan-Meier, or 1 minus the Aalen-Johansen incidence of the event.
curve <- function(times, competes) {
  if (competes) {
    status <- factor(times$status, 0:2)
    quietly(survfit(Surv(times$time, status) ~ 1, conf.type = "log-log"))
  } else {
    survfit(Surv(time, status == 1) ~ 1, times, conf.type = "log-log")
  }
}

# R gives no median of an incidence: the first time at which half have had the event.
half <- function(time, height) {
  reached <- which(height <= 0.5)
  if (length(reached)) time[reached[1]] else NA
}

summarised <- function(times, competes, per_month) {
  n <- c(n = nrow(times), events = sum(times$status == 1))
  fit <- curve(times, competes)
  if (competes) {
    heights <- 1 - cbind(fit$pstate[, 2], fit$upper[, 2], fit$lower[, 2])
    at <- apply(heights, 2, half, time = fit$time)
  } else {
    at <- summary(fit)$table[c("median", "0.95LCL", "0.95UCL")]
  }
  c(n, setNames(at / per_month, c("median", "median_lower", "median_upper")))
}

rates <- function(times, competes, per_month, month) {
  at <- month * per_month
  read <- summary(curve(times, competes), times = at, extend = TRUE)
  found <- if (competes) {
    c(1 - read$pstate[1, 2], 1 - read$upper[1, 2], 1 - read$lower[1, 2])
  } else {
    c(read$surv, read$lower, read$upper)
  }
  if (at > max(times$time)) found[] <- NA
  setNames(100 * found, c("rate", "rate_lower", "rate_upper"))
}

at_risk <- function(times, competes, per_month) {
  read <- summary(curve(times, competes), times = RISK_MONTHS * per_month, extend = TRUE)
  if (competes) read$n.risk[, 1] else read$n.risk
}

of_survival <- function(study) {
  of_endpoint <- function(name) {
    times <- study$endpoints[[name]]$times
    competes <- study$endpoints[[name]]$competes
    left <- at_risk(times, competes, study$per_month)
    rbind(
      rows("survival", name, summarised(times, competes, study$per_month)),
      stack(RATE_MONTHS, function(month) {
        rows("survival", name, rates(times, competes, study$per_month, month), month)
      }),
      rows("survival", name, setNames(left, rep("at_risk", length(left))), RISK_MONTHS)
    )
  }
  observed <- study$endpoints$OS$times
  reverse <- summarised(transform(observed, status = 1 - status), FALSE, study$per_month)
  seen <- c(reverse[c("median", "median_lower", "median_upper")],
            min = min(observed$time) / study$per_month, max = max(observed$time) / study$per_month)
  deaths <- if (!is.null(study$deaths)) factor(yes_no(study$deaths), c("yes", "no"))
  rbind(
    stack(names(study$endpoints), of_endpoint),
    rows("survival", "follow_up", seen),
    if (!is.null(deaths)) shares("survival", "death", deaths)
  )
}

# Prognostic factors ----------------------------------------------------------------------------

RATIOS <- c("hazard_ratio", "hr_lower", "hr_upper", "hr_p", "proportionality_p")

# Hazard ratios of the columns of `covariates`, and the test of all together; NA where R warns that
# the likelihood has no maximum, or leaves out a covariate that tells nothing new. The iteration stops when the likelihood no longer changes, which the
# coefficients still may in their eighth digit; starting again where it stopped is one more step.
cox <- function(times, covariates) {
  none <- list(each = matrix(NA_real_, ncol(covariates), 5), all = NA_real_)
  tryCatch({
    event <- Surv(times$time, times$status == 1)
    fit <- coxph(event ~ covariates, ties = "efron")
    if (anyNA(coef(fit))) return(none)
    fit <- coxph(event ~ covariates, ties = "efron", init = coef(fit))
    proportional <- cox.zph(fit, transform = "km", terms = FALSE)$table[, "p"]
    found <- summary(fit)
    list(each = cbind(found$conf.int[, c(1, 3, 4), drop = FALSE], found$coefficients[, 5],
                      proportional[seq_len(ncol(covariates))]),
         all = proportional[[length(proportional)]])
  }, warning = function(said) none)
}

# What is compared of a factor: yes with no, or each level with the first.
terms_of <- function(factor) {
  levels <- levels(factor$groups)
  compared <- if (factor$binary) levels[1] else levels[-1]
  found <- sapply(compared, function(level) as.numeric(factor$groups == level))
  matrix(found, ncol = length(compared), dimnames = list(NULL, compared))
}
ratio_rows <- function(name, factor, found) {
  stack(seq_len(nrow(found)), function(place) {
    level <- if (factor$binary) "" else levels(factor$groups)[-1][place]
    rows("prognosis", name, setNames(found[place, ], RATIOS), "", factor$key, level)
  })
}

# Patients of each group at risk and events of each group, a row an event time, of those times that
# tell groups apart.
risk_sets <- function(times, groups, stay = NULL) {
  had <- times$status == 1
  at <- sort(unique(times$time[had]))
  count <- function(who) tabulate(groups[who], nlevels(groups))
  sizes <- t(vapply(at, function(day) count(times$time >= day), numeric(nlevels(groups))))
  events <- t(vapply(at, function(day) count(times$time == day & had), numeric(nlevels(groups))))
  if (!is.null(stay)) sizes <- sizes * stay(at)
  decides <- rowSums(sizes > 0) > 1 & rowSums(events) < rowSums(sizes)
  list(sizes = sizes[decides, , drop = FALSE], events = events[decides, , drop = FALSE])
}

# Events expected in the group that expects fewest, as far as it is open (Mantel and Fleiss 1980).
mantel_fleiss <- function(sets) {
  had <- rowSums(sets$events)
  expected <- had * sets$sizes / rowSums(sets$sizes)
  above <- colSums(pmin(had, sets$sizes) - expected)
  below <- colSums(expected - pmax(0, had - (rowSums(sets$sizes) - sets$sizes)))
  min(pmin(above, below)[colSums(sets$sizes) > 0])
}

# How those whom something else took stay in Gray's risk sets: those who have not had the event, over
# those who have had nothing, just before a time, in each group.
stay_in <- function(times, groups) function(at) {
  sapply(levels(groups), function(level) {
    own <- times[groups == level, ]
    any <- survfit(Surv(own$time, own$status > 0) ~ 1)
    free <- c(1, any$surv)
    of_event <- sapply(any$time, function(day) sum(own$time == day & own$status == 1))
    had <- c(0, cumsum(head(free, -1) * of_event / any$n.risk))
    before <- findInterval(at, any$time, left.open = TRUE) + 1
    ifelse(free[before] > 0, (1 - had[before]) / free[before], 0)
  })
}

# The chi-square of the test among all deals of the events of each time to those at risk on it; a
# row of `sums` is what the groups have had by then. Of Gray's risk sets, which are no whole numbers
# of patients, each event falls by their shares.
exact <- function(times, groups, competes) {
  sets <- risk_sets(times, groups)
  if (!nrow(sets$events) || mantel_fleiss(sets) >= 5) return(NULL)
  if (competes) sets <- risk_sets(times, groups, stay_in(times, groups))
  had <- rowSums(sets$events)
  shares <- sets$sizes / rowSums(sets$sizes)
  spread <- had * (rowSums(sets$sizes) - had) / (rowSums(sets$sizes) - 1)
  variance <- Reduce(`+`, lapply(seq_along(had), function(i) {
    spread[i] * (diag(shares[i, ]) - outer(shares[i, ], shares[i, ]))
  }))
  found <- eigen(variance, symmetric = TRUE)
  used <- found$values > 1e-9 * max(found$values)
  vectors <- found$vectors[, used, drop = FALSE]
  inverse <- vectors %*% (t(vectors) / found$values[used])
  expected <- colSums(had * shares)
  chi_square <- function(sums) {
    apart <- sweep(sums, 2, expected)
    rowSums((apart %*% inverse) * apart)
  }
  sums <- matrix(0, 1, ncol(shares))
  chances <- 1
  for (i in seq_along(had)) {
    sizes <- sets$sizes[i, ]
    ways <- as.matrix(expand.grid(lapply(pmin(had[i], ceiling(sizes)), seq, from = 0)))
    ways <- unname(ways[rowSums(ways) == had[i], , drop = FALSE])
    share <- apply(ways, 1, function(way) {
      if (competes) dmultinom(way, prob = sizes) else exp(sum(lchoose(sizes, way)))
    })
    every <- sums[rep(seq_len(nrow(sums)), each = nrow(ways)), , drop = FALSE] +
      ways[rep(seq_len(nrow(ways)), nrow(sums)), , drop = FALSE]
    parts <- rep(chances, each = nrow(ways)) * rep(share / sum(share), length(chances))
    key <- drop(every %*% (sum(had) + 1)^(seq_len(ncol(every)) - 1))
    chances <- as.vector(rowsum(parts, key))
    sums <- every[match(sort(unique(key)), key), , drop = FALSE]
  }
  seen <- chi_square(matrix(colSums(sets$events), 1))
  min(1, sum(chances[chi_square(sums) >= seen * (1 - 1e-9) - 1e-9]))
}

exact_rows <- function(name, factor, times, groups, ratios, competes) {
  of_all <- exact(times, groups, competes)
  of_ratio <- function(place) {
    compared <- if (factor$binary) levels(groups) else levels(groups)[c(1, place + 1)]
    kept <- groups %in% compared
    # A ratio is of the hazard of the event alone, whatever competes with it.
    p <- if (!is.na(ratios[place, 4])) exact(times[kept, ], droplevels(groups[kept]), FALSE)
    if (is.null(p)) return(NULL)
    rows("prognosis", name, c(hr_exact_p = p), "", factor$key,
         if (factor$binary) "" else levels(groups)[place + 1])
  }
  rbind(if (!is.null(of_all)) rows("prognosis", name, c(exact_p = of_all), "", factor$key),
        stack(seq_len(nrow(ratios)), of_ratio))
}

log_rank <- function(times, groups, competes) {
  if (competes) return(cuminc(times$time, times$status, groups, cencode = 0)$Tests["1", "pv"])
  test <- survdiff(Surv(times$time, times$status == 1) ~ groups)
  pchisq(test$chisq, nlevels(droplevels(groups)) - 1, lower.tail = FALSE)
}

# Area below the curve until a month, and its error (months); NA where the curve ends before.
restricted <- function(times, per_month) {
  fit <- curve(times, FALSE)
  at <- RESTRICTED_MONTHS * per_month
  if (at > max(times$time) && min(fit$surv) > 0) return(c(NA, NA))
  unname(summary(fit, rmean = at)$table[c("rmean", "se(rmean)")]) / per_month
}
limits <- function(name, mean, error) {
  setNames(mean + c(0, -Z, Z) * error, paste0(name, c("", "_lower", "_upper")))
}
means <- function(name, times, factor, groups, per_month) {
  levels <- levels(factor$groups)
  found <- sapply(levels, function(level) restricted(times[groups == level, ], per_month))
  of_levels <- stack(levels, function(level) {
    rows("prognosis", name, limits("rmst", found[1, level], found[2, level]), RESTRICTED_MONTHS,
         factor$key, level)
  })
  apart <- found[1, -1] - found[1, 1]
  covariances <- diag(found[2, -1]^2, length(apart)) + found[2, 1]^2
  p <- pchisq(sum(apart * solve(covariances, apart)), length(apart), lower.tail = FALSE)
  difference <- if (factor$binary) {
    rows("prognosis", name,
         limits("rmst_difference", found[1, 1] - found[1, 2], sqrt(sum(found[2, ]^2))),
         RESTRICTED_MONTHS, factor$key)
  }
  rbind(of_levels, difference, rows("prognosis", name, c(p_value = p), "", factor$key))
}

of_prognosis <- function(study, choice) {
  # Whole days: a landmark is the day nearest to its month.
  landmark <- LANDMARK_MONTHS * study$per_month
  if (study$whole) landmark <- round(landmark)
  covariates <- do.call(cbind, lapply(study$factors, terms_of))
  owner <- rep(seq_along(study$factors), sapply(study$factors, function(f) ncol(terms_of(f))))

  of_endpoint <- function(name) {
    times <- study$endpoints[[name]]$times
    competes <- study$endpoints[[name]]$competes
    kept <- rep(TRUE, nrow(times))
    if (choice == "landmark_months=6") {
      kept <- times$time > landmark
      times$time <- times$time - landmark
    }
    if (choice == "factor_model=multivariable") {
      complete <- complete.cases(covariates)
      all <- cox(times[complete, ], covariates[complete, ])
      events <- sum(times$status[complete] == 1)
    }
    of_factor <- function(place) {
      factor <- study$factors[[place]]
      known <- kept & !is.na(factor$groups)
      own <- times[known, ]
      groups <- factor$groups[known]
      of_groups <- stack(levels(groups), function(level) {
        found <- summarised(own[groups == level, ], competes, study$per_month)
        rows("prognosis", name, found, "", factor$key, level)
      })
      ratios <- if (choice == "factor_model=multivariable") {
        all$each[owner == place, , drop = FALSE]
      } else {
        cox(own, terms_of(factor)[known, , drop = FALSE])$each
      }
      test <- if (choice == "factor_test=restricted mean" && !competes) {
        means(name, own, factor, groups, study$per_month)
      } else {
        rows("prognosis", name, c(p_value = log_rank(own, groups, competes)), "", factor$key)
      }
      # Of no other kind of test, and of no model of many factors, is there an exact one.
      few <- if (choice %in% c("", "landmark_months=6")) {
        exact_rows(name, factor, own, groups, ratios, competes)
      }
      absent <- unrecorded("prognosis", name, factor$groups, "", factor$key)
      rbind(of_groups, test, few, ratio_rows(name, factor, ratios), absent)
    }
    together <- if (choice == "factor_model=multivariable") {
      rows("prognosis", name, c(n = sum(complete), events = events,
                                events_per_factor = events / ncol(covariates),
                                proportionality_p = all$all), "", "all_factors")
    }
    rbind(stack(seq_along(study$factors), of_factor), together)
  }
  stack(names(study$endpoints), of_endpoint)
}

# Points of curves, and numbers at risk below them ------------------------------------------------

# Every point of the curves of all patients, the level being its day; and the numbers at risk below
# the curves of each group. Of a study of which nothing competes with an endpoint.
of_points <- function(study) {
  of_curve <- function(name) {
    fit <- survfit0(curve(study$endpoints[[name]]$times, FALSE))
    found <- data.frame(survival = 100 * fit$surv, survival_lower = 100 * fit$lower,
                        survival_upper = 100 * fit$upper, at_risk = fit$n.risk,
                        events = fit$n.event, censored = fit$n.censor)
    day <- sprintf("%.15g", fit$time / study$per_month * 30.4375)
    stack(names(found), function(statistic) {
      rows("survival_curve", name, setNames(found[[statistic]], rep(statistic, nrow(found))), day)
    })
  }
  below <- function(factor) {
    stack(names(study$endpoints), function(name) {
      stack(levels(factor$groups), function(level) {
        own <- study$endpoints[[name]]$times[which(factor$groups == level), ]
        left <- at_risk(own, FALSE, study$per_month)
        rows("prognosis_at_risk", name, setNames(left, rep("at_risk", length(left))), RISK_MONTHS,
             factor$key, level)
      })
    })
  }
  rbind(stack(names(study$endpoints), of_curve), stack(study$factors, below))
}

# Output ----------------------------------------------------------------------------------------

CHOICES <- c("", "factor_model=multivariable", "factor_test=restricted mean", "landmark_months=6")

of_study <- function(study) {
  base <- unique(rbind(characteristics(study), of_survival(study), of_prognosis(study, "")))
  chosen <- stack(CHOICES[-1], function(choice) cbind(choice, of_prognosis(study, choice)))
  cbind(study = study$name, rbind(cbind(choice = "", base), chosen))
}

found <- stack(
  list(hepatocellular(), primary_biliary_cirrhosis(), lung_cancer(), veterans()), of_study
)
found <- rbind(
  found, cbind(study = "hepatocellular", choice = "points", of_points(hepatocellular()))
)
found$value <- ifelse(is.na(found$value), "NA", sprintf("%.17g", found$value))
writeLines(
  c(
    "# Written by tests/reference/studies.R, not by hand. Computed by:",
    "# Rscript tests/reference/studies.R <hepatoCellular as CSV>",
    paste0("# R ", getRversion(), " with survival ", packageVersion("survival"), " and cmprsk ",
           packageVersion("cmprsk")),
    paste(names(found), collapse = "\t"),
    do.call(paste, c(unname(found), sep = "\t"))
  ),
  output
)

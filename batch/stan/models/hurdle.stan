// Value per user where few pay: whether a user does, and the logarithm of how much. The values of those who
// pay are log-normal, with one spread for all variations. From sufficient statistics, so that the time of a
// fit does not grow with the users.
data {
  int<lower=1> K;                       // number of variations
  array[K] int<lower=0> n;              // users exposed
  array[K] int<lower=0> m;              // of them with a value above 0
  vector[K] mean_log;                   // of the logarithms of their values; 0 if nobody pays
  vector<lower=0>[K] ss_log;            // sum of the squared differences from it
  int<lower=1, upper=K> baseline;       // index of the baseline variation
  real<lower=0> prior_alpha;            // of the share who pay
  real<lower=0> prior_beta;
  real prior_location;                  // what the logarithm of a value may be
}
transformed data {
  for (k in 1:K) {
    if (m[k] > n[k]) reject("variation ", k, " has ", m[k], " payers but only ", n[k], " users");
  }
}
parameters {
  vector<lower=0, upper=1>[K] p;
  vector[K] mu;
  real<lower=0> sigma;
}
model {
  p ~ beta(prior_alpha, prior_beta);
  mu ~ normal(prior_location, 2);       // a factor of 50 up and down
  sigma ~ normal(0, 1.5);               // positive by its limit; revenue has 1 to 2
  m ~ binomial(n, p);
  for (k in 1:K) {
    target += -m[k] * log(sigma) - (ss_log[k] + m[k] * square(mean_log[k] - mu[k])) / (2 * square(sigma));
  }
}
generated quantities {
  vector[K] log_value = log(p) + mu + square(sigma) / 2;  // of the mean value per user
  vector[K] is_best;                    // ties are split, so that the probabilities sum to one
  vector[K] beats_baseline;
  vector[K] uplift;                     // relative to the baseline
  vector[K] as_spread;                  // posterior predictive check: whether a repetition spreads as much
  {
    real best = max(log_value);
    int n_best = 0;
    for (k in 1:K) n_best += (log_value[k] == best);
    for (k in 1:K) {
      is_best[k] = (log_value[k] == best) ? 1.0 / n_best : 0;
      beats_baseline[k] = log_value[k] > log_value[baseline];
      uplift[k] = expm1(log_value[k] - log_value[baseline]);
      as_spread[k] = m[k] < 2 ? 0.5 : square(sigma) * chi_square_rng(m[k] - 1) >= ss_log[k];
    }
  }
}

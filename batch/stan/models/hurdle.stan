// Value per user where few pay: whether a user does, and the logarithm of how much. The values of those who
// pay are log-normal, with one spread for all variations. From sufficient statistics, so that the time of a
// fit does not grow with the users. With a cap, the mean is that of values of at most the cap, while the
// logarithms are those of whole values.
functions {
  // The logarithm of E[min(value, cap)]; without a cap, log_cap is infinite.
  real log_mean(real mu, real sigma, real log_cap) {
    real whole = mu + square(sigma) / 2;
    if (is_inf(log_cap)) return whole;
    return log_sum_exp(whole + normal_lcdf(log_cap | mu + square(sigma), sigma),
                       log_cap + normal_lccdf(log_cap | mu, sigma));
  }
}
data {
  int<lower=1> K;                       // number of variations
  array[K] int<lower=0> n;              // users exposed
  array[K] int<lower=0> m;              // of them with a value above 0
  vector[K] mean_log;                   // of the logarithms of their values; 0 if nobody pays
  vector<lower=0>[K] ss_log;            // sum of the squared differences from it
  real<lower=0> cap;                    // 0: none
  real<lower=0> prior_alpha;            // of the share who pay
  real<lower=0> prior_beta;
  real prior_location;                  // what the logarithm of a value may be
}
transformed data {
  real log_cap = cap > 0 ? log(cap) : positive_infinity();
  for (k in 1:K) {
    if (m[k] > n[k]) reject("variation ", k, " has ", m[k], " payers but only ", n[k], " users");
  }
}
parameters {
  vector<lower=0, upper=1>[K] p;
  vector[K] mu;
  // Without a bound, the mean of exp(sigma^2 / 2) would be infinite, whatever the data.
  real<lower=0, upper=5> sigma;
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
  vector[K] log_value;                  // of the mean value per user
  vector[K] as_spread;                  // posterior predictive check: whether a repetition spreads as much
  for (k in 1:K) {
    log_value[k] = log(p[k]) + log_mean(mu[k], sigma, log_cap);
    as_spread[k] = m[k] < 2 ? 0.5 : square(sigma) * chi_square_rng(m[k] - 1) >= ss_log[k];
  }
}

// Value per user where few pay: whether a user does, and the logarithm of how much. The values of those who
// pay are log-normal, with a location and a spread of their own in each variation: the mean depends on both,
// and with one spread for all, a small difference of spreads would be told as one of means. From sufficient
// statistics, so that the time of a fit does not grow with the users. With a cap, the mean is that of values
// of at most the cap, while the logarithms are those of whole values.
//
// Given the spreads, the shares are Beta and the locations normal, so they are integrated out, and drawn from
// these afterwards. What is sampled is how far the logit of each spread, as a part of the most it may be, is
// from that of the spread seen, in units of its error: about 0 and 1, also where values differ by 1e-6.
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
  real location_sd = 2;                 // a factor of 50 up and down
  // Without a bound, the mean of exp(sigma^2 / 2) would be infinite, whatever the data.
  real sigma_max = 5;
  vector[K] centre;
  vector[K] unit;
  for (k in 1:K) {
    if (m[k] > n[k]) reject("variation ", k, " has ", m[k], " payers but only ", n[k], " users");
    if (m[k] > 1 && ss_log[k] == 0) reject("variation ", k, " has equal values only");
    real seen = m[k] > 1 ? fmin(sqrt(ss_log[k] / (m[k] - 1)) / sigma_max, 0.9) : 0.2;
    centre[k] = logit(seen);
    unit[k] = inv_sqrt(2 * max(m[k] - 1, 1)) / (1 - seen);
  }
}
parameters {
  vector<offset=centre, multiplier=unit>[K] spread;
}
transformed parameters {
  vector<lower=0, upper=sigma_max>[K] sigma = sigma_max * inv_logit(spread);
}
model {
  sigma ~ normal(0, 1.5);               // positive by its limit; revenue has 1 to 2
  target += log_inv_logit(spread) + log1m_inv_logit(spread);       // the Jacobian
  for (k in 1:K) {
    if (m[k] > 0) {
      target += -(m[k] - 1) * log(sigma[k]) - ss_log[k] / (2 * square(sigma[k]));
      mean_log[k] ~ normal(prior_location, hypot(location_sd, sigma[k] / sqrt(m[k])));
    }
  }
}
generated quantities {
  vector[K] p;
  vector[K] mu;
  vector[K] log_value;                  // of the mean value per user
  for (k in 1:K) {
    real precision = inv_square(location_sd) + m[k] / square(sigma[k]);
    real pull = prior_location * inv_square(location_sd) + mean_log[k] * m[k] / square(sigma[k]);
    p[k] = beta_rng(prior_alpha + m[k], prior_beta + n[k] - m[k]);
    mu[k] = normal_rng(pull / precision, inv_sqrt(precision));
    log_value[k] = log(p[k]) + log_mean(mu[k], sigma[k], log_cap);
  }
}

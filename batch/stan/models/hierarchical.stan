// Conversion by segments, of which only the effects are pooled: each variation's effects on the baseline's
// log odds vary between segments around a mean. They are non-centred, since segments tell little of them and
// would make a funnel. The log odds themselves, of which every segment tells much, are each segment's own: a
// spread of theirs would be a funnel wherever segments hardly differ.
data {
  int<lower=1> S;                       // number of segments
  int<lower=2> K;                       // number of variations, the baseline first
  array[S, K] int<lower=0> n;           // users exposed
  array[S, K] int<lower=0> x;           // users converted
  real prior_location;                  // what the baseline's log odds may be
}
transformed data {
  array[S * K] int users = to_array_1d(n);
  array[S * K] int converted = to_array_1d(x);
  for (i in 1:(S * K)) {
    if (converted[i] > users[i]) reject("cell ", i, " has ", converted[i], " conversions but only ", users[i], " users");
  }
}
parameters {
  vector[S] alpha;
  vector[K - 1] effect_mean;
  vector<lower=0>[K - 1] effect_sd;
  matrix[S, K - 1] effect_raw;
}
transformed parameters {
  matrix[S, K - 1] effect;
  for (k in 1:(K - 1)) effect[, k] = effect_mean[k] + effect_sd[k] * effect_raw[, k];
}
model {
  array[S] row_vector[K] odds;
  for (s in 1:S) odds[s] = append_col(alpha[s], alpha[s] + effect[s]);
  alpha ~ normal(prior_location, 1.5);
  effect_mean ~ normal(0, 0.5);         // most changes are within a factor of 2.7
  effect_sd ~ normal(0, 0.3);           // as in the closed form (batch/statistics/partial-pooling.ts)
  to_vector(effect_raw) ~ std_normal();
  for (s in 1:S) x[s] ~ binomial_logit(n[s], odds[s]');
}
generated quantities {
  real as_far;                          // posterior predictive check: whether a repetition is as far off
  {
    real seen = 0;
    real repeated = 0;
    for (s in 1:S) {
      for (k in 1:K) {
        real rate = inv_logit(k == 1 ? alpha[s] : alpha[s] + effect[s, k - 1]);
        real spread = n[s, k] * rate * (1 - rate);
        if (n[s, k] > 0 && spread > 0) {
          seen += square(x[s, k] - n[s, k] * rate) / spread;
          repeated += square(binomial_rng(n[s, k], rate) - n[s, k] * rate) / spread;
        }
      }
    }
    as_far = repeated >= seen;
  }
}

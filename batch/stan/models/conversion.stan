// Conversion rate: one Beta-Binomial per variation. The closed form exists, which makes it Stan's own oracle.
data {
  int<lower=1> K;                       // number of variations
  array[K] int<lower=0> n;              // users exposed
  array[K] int<lower=0> x;              // users converted
  int<lower=1, upper=K> baseline;       // index of the baseline variation
  real<lower=0> prior_alpha;
  real<lower=0> prior_beta;
}
transformed data {
  // Without this, x > n only surfaces after a hundred failed attempts to initialise.
  for (k in 1:K) {
    if (x[k] > n[k]) reject("variation ", k, " has ", x[k], " conversions but only ", n[k], " users");
  }
}
parameters {
  vector<lower=0, upper=1>[K] p;
}
model {
  p ~ beta(prior_alpha, prior_beta);
  x ~ binomial(n, p);
}
generated quantities {
  vector[K] is_best;                    // ties are split, so that the probabilities sum to one
  vector[K] beats_baseline;
  vector[K] loss;                       // what shipping this one would cost, in conversion rate
  vector[K] uplift;                     // relative to the baseline
  {
    real best = max(p);
    int n_best = 0;
    for (k in 1:K) n_best += (p[k] == best);
    for (k in 1:K) {
      is_best[k] = (p[k] == best) ? 1.0 / n_best : 0;
      beats_baseline[k] = p[k] > p[baseline];
      loss[k] = best - p[k];
      uplift[k] = p[k] / p[baseline] - 1;
    }
  }
}

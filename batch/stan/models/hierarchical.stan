// Conversion by segments, of which only the effects are pooled: each variation's effects on the baseline's
// log odds vary between segments around a mean. The log odds themselves, of which every segment tells much,
// are each segment's own: a spread of theirs would be a funnel wherever segments hardly differ.
//
// It is sampled in coordinates that are nearly independent and standard normal given the means and spreads:
// where the posterior would be if each cell's log odds were normal around what was observed. That is neither
// centred nor non-centred, but in each cell as much of both as its users call for (Papaspiliopoulos, Roberts
// and Skold 2007). The posterior is the same in all coordinates: the logarithms are their Jacobian.
data {
  int<lower=1> S;                       // number of segments
  int<lower=2> K;                       // number of variations, the baseline first
  array[S, K] int<lower=0> n;           // users exposed
  array[S, K] int<lower=0> x;           // users converted
  real prior_location;                  // what the baseline's log odds may be
}
transformed data {
  real location_sd = 1.5;
  real mean_sd = 0.5;                   // most changes are within a factor of 2.7
  array[S * K] int users;         // column by column, as to_vector() reads a matrix
  array[S * K] int converted;
  matrix[S, K] seen;                    // log odds, with half a conversion on each side
  matrix[S, K] precision;               // of them; 0 without users
  matrix[S, K - 1] of_pair;             // precision of the difference from the baseline's
  for (k in 1:K) {
    for (s in 1:S) {
      if (x[s, k] > n[s, k]) reject("cell ", s, ", ", k, " has ", x[s, k], " conversions but only ", n[s, k], " users");
      users[(k - 1) * S + s] = n[s, k];
      converted[(k - 1) * S + s] = x[s, k];
      seen[s, k] = log((x[s, k] + 0.5) / (n[s, k] - x[s, k] + 0.5));
      precision[s, k] = n[s, k] == 0 ? 0 : 1 / (1 / (x[s, k] + 0.5) + 1 / (n[s, k] - x[s, k] + 0.5));
    }
  }
  for (k in 1:(K - 1)) {
    for (s in 1:S) {
      real both = precision[s, 1] + precision[s, k + 1];
      of_pair[s, k] = both > 0 ? precision[s, 1] * precision[s, k + 1] / both : 0;
    }
  }
}
parameters {
  vector[S] alpha_raw;
  vector[K - 1] mean_raw;
  vector<lower=0>[K - 1] effect_sd;
  matrix[S, K - 1] effect_raw;
}
transformed parameters {
  vector[S] alpha;
  vector[K - 1] effect_mean;
  matrix[S, K - 1] effect;
  real log_density;                     // of the deviations, with the Jacobian of the coordinates
  {
    matrix[S, K - 1] deviation;         // of an effect from its mean, in its spreads
    vector[S] weight = rep_vector(inv_square(location_sd), S) + precision[, 1];
    vector[S] pull = rep_vector(prior_location * inv_square(location_sd), S) + precision[, 1] .* seen[, 1];
    matrix[S, K - 1] narrowed;          // how much narrower the data make the deviations, squared
    vector[K - 1] of_mean;              // precision of the mean effects
    for (k in 1:(K - 1)) {
      vector[S] each = of_pair[, k] ./ (1 + of_pair[, k] * square(effect_sd[k]));
      of_mean[k] = inv_square(mean_sd) + sum(each);
      effect_mean[k] = dot_product(each, seen[, k + 1] - seen[, 1]) / of_mean[k] + mean_raw[k] / sqrt(of_mean[k]);
      narrowed[, k] = 1 + precision[, k + 1] * square(effect_sd[k]);
      vector[S] told = precision[, k + 1] ./ narrowed[, k];
      weight += told;
      pull += told .* (seen[, k + 1] - effect_mean[k]);
    }
    alpha = pull ./ weight + alpha_raw ./ sqrt(weight);
    for (k in 1:(K - 1)) {
      vector[S] off = seen[, k + 1] - alpha - effect_mean[k];
      deviation[, k] = effect_sd[k] * precision[, k + 1] .* off ./ narrowed[, k] + effect_raw[, k] ./ sqrt(narrowed[, k]);
      effect[, k] = effect_mean[k] + effect_sd[k] * deviation[, k];
    }
    log_density = -0.5 * (sum(square(deviation)) + sum(log(of_mean)) + sum(log(weight)) + sum(log(narrowed)));
  }
}
model {
  matrix[S, K] odds;
  odds[, 1] = alpha;
  for (k in 1:(K - 1)) odds[, k + 1] = alpha + effect[, k];
  alpha ~ normal(prior_location, location_sd);
  effect_mean ~ normal(0, mean_sd);
  effect_sd ~ normal(0, 0.3);           // as in the closed form (batch/statistics/partial-pooling.ts)
  target += log_density;
  converted ~ binomial_logit(users, to_vector(odds));
}
generated quantities {
  real as_far;                          // posterior predictive check: whether a repetition is as far off
  {
    real seen_off = 0;
    real repeated_off = 0;
    for (s in 1:S) {
      for (k in 1:K) {
        real rate = inv_logit(k == 1 ? alpha[s] : alpha[s] + effect[s, k - 1]);
        real spread = n[s, k] * rate * (1 - rate);
        if (n[s, k] > 0 && spread > 0) {
          seen_off += square(x[s, k] - n[s, k] * rate) / spread;
          repeated_off += square(binomial_rng(n[s, k], rate) - n[s, k] * rate) / spread;
        }
      }
    }
    as_far = repeated_off >= seen_off;
  }
}

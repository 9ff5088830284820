// A small CmdStan-compatible front end over stan::services, so that one adapter serves this executable and a
// user's. Same arguments, same CSV, same draws from a seed as CmdStan of the same Stan version. It speaks:
//   ./model [id=N] [method=]sample [num_samples=N] [num_warmup=N] [save_warmup=0|1]
//       [thin=N] [num_chains=N]
//       [adapt [engaged=1] [delta=D] [gamma=] [kappa=] [t0=] [init_buffer=]
//              [term_buffer=] [window=]]
//       [algorithm=hmc [engine=nuts [max_depth=N]] [metric=diag_e] [stepsize=] [stepsize_jitter=]]
//       data file=F.json  [init=R|F.json]  random seed=S
//       output file=F.csv [refresh=N] [sig_figs=N]  [num_threads=1]
// and writes the CmdStan CSV.  Anything else is refused, never ignored.
#include <stan/callbacks/interrupt.hpp>
#include <stan/callbacks/stream_logger.hpp>
#include <stan/callbacks/stream_writer.hpp>
#include <stan/io/empty_var_context.hpp>
#include <stan/io/json/json_data.hpp>
#include <stan/model/model_base.hpp>
#include <stan/services/sample/hmc_nuts_diag_e_adapt.hpp>
#include <stan/services/sample/hmc_nuts_dense_e_adapt.hpp>
#include <stan/version.hpp>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

stan::model::model_base& new_model(stan::io::var_context& data_context,
                                   unsigned int seed, std::ostream* msg);

namespace {

struct Options {
  unsigned int id = 1;
  int num_samples = 1000, num_warmup = 1000, thin = 1, num_chains = 1;
  bool save_warmup = false;
  double delta = 0.8, gamma = 0.05, kappa = 0.75, t0 = 10;
  unsigned int init_buffer = 75, term_buffer = 50, window = 25;
  int max_depth = 10;
  double stepsize = 1, stepsize_jitter = 0;
  std::string metric = "diag_e";
  std::string data_file, init = "2", output_file = "output.csv";
  unsigned int seed = 0;
  bool have_seed = false;
  int refresh = 100, sig_figs = -1;
};

struct usage_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

long long to_int(const std::string& k, const std::string& v, long long lo, long long hi) {
  char* end = nullptr;
  errno = 0;
  long long x = std::strtoll(v.c_str(), &end, 10);
  if (v.empty() || *end || errno || x < lo || x > hi)
    throw usage_error(v + " is not a valid value for \"" + k + "\"");
  return x;
}
double to_real(const std::string& k, const std::string& v, double lo, double hi) {
  char* end = nullptr;
  double x = std::strtod(v.c_str(), &end);
  if (v.empty() || *end || !(x >= lo && x <= hi))
    throw usage_error(v + " is not a valid value for \"" + k + "\"");
  return x;
}

Options parse(int argc, char** argv) {
  Options o;
  bool sample = false;
  std::string section;  // sample | adapt | hmc | data | random | output
  const double inf = std::numeric_limits<double>::infinity();
  const long long imax = std::numeric_limits<int>::max();
  for (int i = 1; i < argc; ++i) {
    std::string a = argv[i];
    auto eq = a.find('=');
    std::string k = a.substr(0, eq), v = eq == std::string::npos ? "" : a.substr(eq + 1);
    bool bare = eq == std::string::npos;
    if (bare && (k == "data" || k == "random" || k == "output")) { section = k; continue; }
    if ((bare && k == "sample") || (k == "method" && v == "sample")) {
      sample = true;
      section = "sample";
      continue;
    }
    if (bare && k == "adapt" && sample) { section = "adapt"; continue; }
    if (k == "algorithm" && v == "hmc" && sample) { section = "hmc"; continue; }
    if (bare && k == "hmc" && sample) { section = "hmc"; continue; }
    if (k == "engine" && v == "nuts" && section == "hmc") { continue; }
    if (k == "metric" && section == "hmc" && (v == "diag_e" || v == "dense_e")) { o.metric = v; continue; }
    if (bare) throw usage_error(k + " is either mistyped or misplaced.");
    if (k == "id") { o.id = to_int(k, v, 1, imax); continue; }
    if (k == "init") { o.init = v; continue; }
    if (k == "num_threads") {
      if (v != "1" && v != "-1") throw usage_error("num_threads must be 1");
      continue;
    }
    if (section == "sample") {
      if (k == "num_samples") { o.num_samples = to_int(k, v, 0, imax); continue; }
      if (k == "num_warmup") { o.num_warmup = to_int(k, v, 0, imax); continue; }
      if (k == "save_warmup") { o.save_warmup = (v == "1" || v == "true"); continue; }
      if (k == "thin") { o.thin = to_int(k, v, 1, imax); continue; }
      if (k == "num_chains") { o.num_chains = to_int(k, v, 1, 1000); continue; }
    }
    if (section == "adapt") {
      if (k == "engaged") {
        if (v != "1" && v != "true") throw usage_error("adapt engaged=0 is not supported");
        continue;
      }
      if (k == "delta") { o.delta = to_real(k, v, 1e-9, 1 - 1e-9); continue; }
      if (k == "gamma") { o.gamma = to_real(k, v, 1e-300, inf); continue; }
      if (k == "kappa") { o.kappa = to_real(k, v, 1e-300, inf); continue; }
      if (k == "t0") { o.t0 = to_real(k, v, 1e-300, inf); continue; }
      if (k == "init_buffer") { o.init_buffer = to_int(k, v, 0, imax); continue; }
      if (k == "term_buffer") { o.term_buffer = to_int(k, v, 0, imax); continue; }
      if (k == "window") { o.window = to_int(k, v, 0, imax); continue; }
    }
    if (section == "hmc" || section == "adapt" || section == "sample") {
      if (k == "max_depth") { o.max_depth = to_int(k, v, 1, 30); continue; }
      if (k == "stepsize") { o.stepsize = to_real(k, v, 1e-300, inf); continue; }
      if (k == "stepsize_jitter") { o.stepsize_jitter = to_real(k, v, 0, 1); continue; }
    }
    if (section == "data" && k == "file") { o.data_file = v; continue; }
    if (section == "random" && k == "seed") {
      o.seed = to_int(k, v, 0, 4294967295LL);
      o.have_seed = true;
      continue;
    }
    if (section == "output") {
      if (k == "file") { o.output_file = v; continue; }
      if (k == "refresh") { o.refresh = to_int(k, v, 0, imax); continue; }
      if (k == "sig_figs") { o.sig_figs = to_int(k, v, -1, 18); continue; }
    }
    throw usage_error(a + " is either mistyped or misplaced.");
  }
  if (!sample) throw usage_error("only the method \"sample\" is supported");
  if (!o.have_seed) o.seed = static_cast<unsigned int>(std::time(nullptr));
  return o;
}

std::shared_ptr<stan::io::var_context> read_context(const std::string& file) {
  if (file.empty()) return std::make_shared<stan::io::empty_var_context>();
  std::ifstream in(file);
  if (!in) throw std::invalid_argument("Can't open specified file, \"" + file + "\"");
  return std::make_shared<stan::json::json_data>(in);
}

void write_config(std::ostream& os, const Options& o, const std::string& model, unsigned int id) {
  os << "# stan_version_major = " << stan::MAJOR_VERSION << "\n"
     << "# stan_version_minor = " << stan::MINOR_VERSION << "\n"
     << "# stan_version_patch = " << stan::PATCH_VERSION << "\n"
     << "# model = " << model << "\n"
     << "# method = sample (Default)\n"
     << "#   sample\n"
     << "#     num_samples = " << o.num_samples << "\n"
     << "#     num_warmup = " << o.num_warmup << "\n"
     << "#     save_warmup = " << o.save_warmup << "\n"
     << "#     thin = " << o.thin << "\n"
     << "#     adapt\n"
     << "#       engaged = 1\n"
     << "#       gamma = " << o.gamma << "\n#       delta = " << o.delta
     << "\n#       kappa = " << o.kappa << "\n#       t0 = " << o.t0
     << "\n#       init_buffer = " << o.init_buffer << "\n#       term_buffer = " << o.term_buffer
     << "\n#       window = " << o.window << "\n"
     << "#     algorithm = hmc (Default)\n#       hmc\n"
     << "#         engine = nuts (Default)\n#           nuts\n"
     << "#             max_depth = " << o.max_depth << "\n#         metric = " << o.metric
     << "\n#         stepsize = " << o.stepsize
     << "\n#         stepsize_jitter = " << o.stepsize_jitter << "\n"
     << "#     num_chains = " << o.num_chains << "\n"
     << "# id = " << id << "\n# data\n#   file = " << o.data_file << "\n# init = " << o.init
     << "\n# random\n#   seed = " << o.seed << "\n# output\n#   file = " << o.output_file
     << "\n#   refresh = " << o.refresh << "\n#   sig_figs = " << o.sig_figs << "\n";
}

int run(int argc, char** argv) {
  Options o = parse(argc, argv);
  auto data = read_context(o.data_file);
  stan::model::model_base& model = new_model(*data, o.seed, &std::cout);

  double init_radius = 2;
  std::shared_ptr<stan::io::var_context> init;
  char* end = nullptr;
  double r = std::strtod(o.init.c_str(), &end);
  if (!o.init.empty() && !*end) { init_radius = r; init = read_context(""); }
  else init = read_context(o.init);

  stan::callbacks::interrupt interrupt;
  stan::callbacks::stream_logger logger(std::cout, std::cout, std::cout, std::cerr, std::cerr);
  stan::callbacks::writer quiet;
  int code = 0;
  for (int c = 0; c < o.num_chains && code == 0; ++c) {
    unsigned int id = o.id + c;
    std::string out = o.output_file;
    if (o.num_chains > 1) {
      auto dot = out.find_last_of('.');
      if (dot == std::string::npos) dot = out.size();
      out = out.substr(0, dot) + "_" + std::to_string(id) + out.substr(dot);
    }
    // one write per chain: std::endl on every draw would be a system call each
    std::ostringstream buf;
    if (o.sig_figs > -1) buf << std::setprecision(o.sig_figs);
    std::ostringstream cfg;
    write_config(cfg, o, model.model_name(), id);
    stan::callbacks::stream_writer sample_writer(buf, "# ");
    if (o.metric == "dense_e")
      code = stan::services::sample::hmc_nuts_dense_e_adapt(
          model, *init, o.seed, id, init_radius, o.num_warmup, o.num_samples, o.thin, o.save_warmup,
          o.refresh, o.stepsize, o.stepsize_jitter, o.max_depth, o.delta, o.gamma, o.kappa, o.t0,
          o.init_buffer, o.term_buffer, o.window, interrupt, logger, quiet, sample_writer, quiet);
    else
      code = stan::services::sample::hmc_nuts_diag_e_adapt(
        model, *init, o.seed, id, init_radius, o.num_warmup, o.num_samples, o.thin, o.save_warmup,
        o.refresh, o.stepsize, o.stepsize_jitter, o.max_depth, o.delta, o.gamma, o.kappa, o.t0,
        o.init_buffer, o.term_buffer, o.window, interrupt, logger, quiet, sample_writer, quiet);
    std::ofstream f(out);
    if (!f) throw std::runtime_error("cannot write " + out);
    f << cfg.str() << buf.str();
    f.close();
    if (!f) throw std::runtime_error("cannot write " + out);
  }
  return code;
}
}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv) == 0 ? 0 : 1;
  } catch (const usage_error& e) {
    std::cerr << e.what() << "\nFailed to parse command arguments, cannot run model.\n";
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
  }
  return 1;
}

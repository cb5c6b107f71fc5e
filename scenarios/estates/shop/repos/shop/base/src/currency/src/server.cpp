// Converts amounts between currencies, over the euro.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <unordered_map>

#include <grpcpp/grpcpp.h>

#include "rates.h"
#include "shop.grpc.pb.h"

namespace {

constexpr std::int64_t kNanosPerUnit = 1'000'000'000;

double to_double(const shop::Money& amount) {
  return static_cast<double>(amount.units()) + static_cast<double>(amount.nanos()) / kNanosPerUnit;
}

void from_double(double value, const std::string& code, shop::Money* out) {
  const double units = std::trunc(value);
  out->set_units(static_cast<std::int64_t>(units));
  out->set_nanos(static_cast<std::int32_t>(std::llround((value - units) * kNanosPerUnit)));
  out->set_currency_code(code);
}

class CurrencyServer final : public shop::CurrencyService::Service {
 public:
  grpc::Status Convert(grpc::ServerContext*, const shop::CurrencyConversionRequest* request,
                       shop::Money* answer) override {
    const auto from = rates().find(request->from().currency_code());
    const auto to = rates().find(request->to_code());
    if (from == rates().end() || to == rates().end()) {
      std::cerr << "unknown currency " << request->from().currency_code() << " or " << request->to_code() << '\n';
      return {grpc::StatusCode::INVALID_ARGUMENT, "unknown currency"};
    }
    from_double(to_double(request->from()) / from->second * to->second, request->to_code(), answer);
    return grpc::Status::OK;
  }

  grpc::Status GetSupportedCurrencies(grpc::ServerContext*, const shop::Empty*,
                                      shop::SupportedCurrencies* answer) override {
    for (const auto& [code, rate] : rates()) answer->add_codes(code);
    return grpc::Status::OK;
  }
};

}  // namespace

int main() {
  const char* port = std::getenv("CURRENCY_PORT");
  if (port == nullptr) {
    std::cerr << "CURRENCY_PORT is not set\n";
    return 1;
  }
  CurrencyServer service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(std::string("0.0.0.0:") + port, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  std::cout << "currency listening on " << port << std::endl;
  builder.BuildAndStart()->Wait();
}

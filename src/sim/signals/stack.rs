//! Stack traces as runtimes print them under an error: from a service's and a route's names, the same for every event.
//! Never what went wrong, only where.

use crate::scenario::format::service::Runtime;
use crate::sim::draw::StreamId;

/// The lines under an error's first one; empty for runtimes whose services print none.
pub(super) fn of(runtime: Runtime, service: &str, route: &str, said: &str) -> String {
    let Names {
        package,
        class,
        method,
    } = Names::of(service, route);
    let at = |salt: &str, from: u64, width: u64| {
        from + StreamId::of(&format!("{service}/{route}/{salt}")).below(width)
    };
    let (own, outer) = (at("own", 31, 120), at("outer", 160, 90));
    match runtime {
        Runtime::Java => {
            let camel = lower_first(&method);
            format!(
                "java.lang.IllegalStateException: {said}\n\tat {package}.{class}Controller.{camel}({class}Controller.java:{own})\n\tat {package}.RequestFilter.doFilter(RequestFilter.java:{outer})\n\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)\n\tat org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:659)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)"
            )
        }
        Runtime::DotNet => format!(
            "System.InvalidOperationException: {said}\n   at {package}.Services.{class}Service.{method}(Request request, ServerCallContext context) in /src/Services/{class}Service.cs:line {own}\n   at {package}.Interceptors.RequestInterceptor.UnaryServerHandler(ServerCallContext context) in /src/Interceptors/RequestInterceptor.cs:line {outer}\n   at Grpc.Shared.Server.UnaryServerMethodInvoker`3.ResolvedInterceptorInvoker(TRequest resolvedRequest, ServerCallContext resolvedContext)"
        ),
        Runtime::Python => {
            let (module, function) = (package.replace('-', "_"), snake(&method));
            format!(
                "Traceback (most recent call last):\n  File \"/app/{module}/server.py\", line {outer}, in handle\n    return self.{function}(request)\n  File \"/app/{module}/server.py\", line {own}, in {function}\n    raise RequestFailed(reason) from error\n{module}.errors.RequestFailed: {said}"
            )
        }
        Runtime::Node => {
            let camel = lower_first(&method);
            format!(
                "Error: {said}\n    at {camel} (/app/server.js:{own}:{})\n    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)\n    at async handle (/app/server.js:{outer}:9)",
                at("column", 9, 30)
            )
        }
        Runtime::Ruby => {
            let (module, function) = (package.replace('-', "_"), snake(&method));
            format!(
                "/app/{module}.rb:{own}:in '{function}': {said} (RequestFailed)\n\tfrom /app/{module}.rb:{outer}:in 'call'\n\tfrom /usr/local/bundle/gems/puma-6.4.3/lib/puma/request.rb:100:in 'handle_request'"
            )
        }
        Runtime::Php => format!(
            "#0 /var/www/src/{class}Handler.php({own}): App\\{class}Handler->{}()\n#1 /var/www/public/index.php({outer}): Slim\\App->run()\n#2 {{main}}",
            lower_first(&method)
        ),
        Runtime::Go | Runtime::Rust | Runtime::Cpp | Runtime::Proxy | Runtime::Vendor => {
            String::new()
        }
    }
}

/// Who writes lines of a service, as its logger is called.
pub(super) fn logger(runtime: Runtime, service: &str, access: bool) -> String {
    let name = pascal(service);
    match (runtime, access) {
        (Runtime::DotNet, true) => "Microsoft.AspNetCore.Hosting.Diagnostics".to_owned(),
        (Runtime::DotNet, false) => format!("{name}.Service"),
        (Runtime::Java, true) => format!("{}.RequestFilter", package(service)),
        (Runtime::Java, false) => format!("{}.{name}Service", package(service)),
        (Runtime::Python, true) => format!("{}.access", package(service)),
        (Runtime::Python, false) | (Runtime::Ruby | Runtime::Php, _) => package(service),
        _ => String::new(),
    }
}

/// What a route's code is called.
struct Names {
    package: String,
    class: String,
    method: String,
}

impl Names {
    fn of(service: &str, route: &str) -> Self {
        let (class, method) = if let Some((verb, path)) = route.split_once(' ') {
            let word = path
                .split('/')
                .find(|part| !part.is_empty() && !part.starts_with([':', '{']))
                .map_or_else(|| pascal(service), pascal);
            (
                word.clone(),
                format!("{}{word}", pascal(&verb.to_lowercase())),
            )
        } else {
            let (of, method) = route.rsplit_once('/').unwrap_or(("", route));
            let class = of.rsplit('.').next().unwrap_or("");
            let class = class.strip_suffix("Service").unwrap_or(class);
            (
                if class.is_empty() {
                    pascal(service)
                } else {
                    pascal(class)
                },
                pascal(method),
            )
        };
        Self {
            package: package(service),
            class,
            method,
        }
    }
}

fn package(service: &str) -> String {
    service.replace('-', "_")
}

fn pascal(text: &str) -> String {
    text.split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn snake(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_name_the_code_of_their_route() {
        let java = of(Runtime::Java, "web-shop", "GET /stock/:id", "no stock");
        assert!(java.starts_with("java.lang.IllegalStateException: no stock\n\tat web_shop.StockController.getStock(StockController.java:"));
        let dotnet = of(
            Runtime::DotNet,
            "basket",
            "alpha.BasketService/AddItem",
            "gone",
        );
        assert!(dotnet.contains("   at basket.Services.BasketService.AddItem("));
        let python = of(
            Runtime::Python,
            "basket",
            "alpha.BasketService/AddItem",
            "gone",
        );
        assert!(
            python.contains(", in add_item\n")
                && python.ends_with("basket.errors.RequestFailed: gone")
        );
        assert_eq!(of(Runtime::Go, "basket", "GET /", "gone"), "");
        assert_eq!(
            java,
            of(Runtime::Java, "web-shop", "GET /stock/:id", "no stock")
        );
    }
}

//! Compiles the mistakes only if the test asks for them.

fn main() {
    println!("cargo:rerun-if-env-changed=MISTAKES");
    println!("cargo:rustc-check-cfg=cfg(mistakes, values(\"types\", \"literals\"))");
    if let Ok(kind) = std::env::var("MISTAKES") {
        println!("cargo:rustc-cfg=mistakes=\"{kind}\"");
    }
}

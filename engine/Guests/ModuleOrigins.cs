using System.Text;
using Marketplace.Engine.Guests.Onvm;
using Marketplace.Engine.Guests.Wasi;

namespace Marketplace.Engine.Guests;

/// <summary>
/// Tells what a refused file is from the marks that tool chains leave in names and sections. A mark proves nothing, so it only words a
/// refusal and never makes one. The first that fits is said: those that say more come first.
/// </summary>
internal static class ModuleOrigins
{
    private const string RustAdvice = "in Rust, build a program with a main function for the target wasm32-wasip1";

    private const string WasiAdvice =
        "build its sources for WASI preview 1: with clang --target=wasm32-wasi, or in Rust for the target wasm32-wasip1";

    private static readonly (string Start, ModuleOrigin Origin)[] Files =
    [
        (
            "\0asm\u000d\0\u0001\0",
            new(
                "a component, not a core module",
                "build a core module: in Rust for the target wasm32-wasip1 in place of wasm32-wasip2, elsewhere without the step that "
                    + "makes a component"
            )
        ),
        ("\u001f\u008b", new("a file that gzip has compressed", "unpack it first: gunzip")),
        ("BC\u00c0\u00de", new("bitcode of LLVM", "link it: clang --target=wasm32-wasi")),
        ("\u007fELF", new("a program for a processor, not for WebAssembly", "build its sources with clang --target=wasm32-wasi")),
        ("(module", new("the text format of WebAssembly", "make its binary first: wat2wasm")),
        ("(component", new("the text format of a component", "build a core module instead")),
    ];

    private static readonly (Func<Marks, bool> Fits, ModuleOrigin Origin)[] Modules =
    [
        (
            marks => marks.Section is "dylink.0" or "dylink",
            new("a dynamic library", "link a whole program: without -shared, or in Emscripten without SIDE_MODULE and MAIN_MODULE")
        ),
        (marks => marks.Section is "linking", new("an object file", "link it to a program first: wasm-ld, or clang --target=wasm32-wasi")),
        (
            marks =>
                marks.From(module => module.StartsWith("__wbindgen", StringComparison.Ordinal) || module == "wbg")
                || marks.Import(
                    (_, name) =>
                        name.StartsWith("__wbindgen_", StringComparison.Ordinal) || name.StartsWith("__wbg_", StringComparison.Ordinal)
                ),
            new(
                "a module that wasm-bindgen made for a JavaScript host",
                $"{RustAdvice}, without wasm-bindgen and what needs it (web-sys, js-sys)"
            )
        ),
        (
            marks => marks.From(module => module is "gojs" or "go"),
            new("a Go program for a JavaScript host", "build it with GOOS=wasip1 GOARCH=wasm, or in TinyGo with -target=wasip1")
        ),
        (
            marks => marks.From(module => module.StartsWith("wasi:", StringComparison.Ordinal)),
            new(
                "the core module of a component",
                "build it for WASI preview 1: in Rust for the target wasm32-wasip1 in place of wasm32-wasip2"
            )
        ),
        (
            marks => marks.From(module => module.StartsWith("wasix_", StringComparison.Ordinal)),
            new("a program for WASIX", "build it for WASI preview 1, without WASIX's threads, sockets and processes")
        ),
        (
            marks => marks.Import((module, name) => module == "wasi" && name == "thread-spawn"),
            new(
                "a program with threads of WASI",
                "build it without threads: in Rust for the target wasm32-wasip1 in place of wasm32-wasip1-threads"
            )
        ),
        (
            marks => marks.Import((module, name) => module == "env" && name.StartsWith("mono_wasm_", StringComparison.Ordinal)),
            new(".NET's runtime for browsers", "build it for WASI preview 1")
        ),
        (
            marks =>
                marks.Import(IsEmscripten) || marks.From(module => module is "asm2wasm" or "GOT.mem" or "GOT.func") || marks.IsMinified,
            new(
                "an Emscripten module for a JavaScript host",
                "build it with -sSTANDALONE_WASM and without what only a JavaScript host has, or its sources with clang "
                    + "--target=wasm32-wasi"
            )
        ),
        (
            marks =>
                marks.Import((module, name) => module == "env" && name is "abort" or "seed" or "trace")
                && marks.Exports("__new", "__pin", "__rtId"),
            new(
                "an AssemblyScript module for a JavaScript host",
                "build it with wasi-shim (asc --config ./node_modules/@assemblyscript/wasi-shim/asconfig.json)"
            )
        ),
        (
            marks => marks.Import((module, _) => module == WasiImports.Module),
            new(
                "a WASI program that asks its host for more than preview 1 has",
                "build it without the extension that needs them, sockets for example"
            )
        ),
        (
            marks =>
                marks.From(module =>
                    module is "js" || module.EndsWith(".js", StringComparison.Ordinal) || module.Contains("-js-", StringComparison.Ordinal)
                ),
            new("a module for a JavaScript host", WasiAdvice)
        ),
        (marks => marks.HasUnknown, new("a module for another host", WasiAdvice)),
        (
            marks => marks.LacksEntry && marks.Exports(GuestShape.InitializeExport),
            new("a reactor: a library whose functions a host calls", $"build a command: in C without -mexec-model=reactor; {RustAdvice}")
        ),
        (
            marks => marks.LacksEntry && marks.Exports(),
            new("a library without an entry point", $"export one (engine/GUESTS.md names its types), or build a command: {RustAdvice}")
        ),
    ];

    /// <returns>Null where the bytes begin as a core module does, or as nothing that is known.</returns>
    public static ModuleOrigin? OfFile(ReadOnlySpan<byte> bytes)
    {
        // Text may begin with spaces.
        var start = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 256)]);
        var text = start.TrimStart(' ', '\t', '\r', '\n');
        return Array.Find(Files, Fits).Origin;

        bool Fits((string Start, ModuleOrigin Origin) file) =>
            start.StartsWith(file.Start, StringComparison.Ordinal) || text.StartsWith(file.Start, StringComparison.Ordinal);
    }

    /// <param name="unknown">The imports that no program may have.</param>
    /// <returns>Null where the module has no mark: a program that only breaks a rule of its ABI.</returns>
    public static ModuleOrigin? Of(WasmModule module, ReadOnlySpan<byte> bytes, IReadOnlyList<ModuleImport> unknown)
    {
        var marks = new Marks(module, unknown, FindSection(bytes));
        return Array.Find(Modules, kind => kind.Fits(marks)).Origin;
    }

    private static string? FindSection(ReadOnlySpan<byte> bytes)
    {
        foreach (var name in new[] { "dylink.0", "dylink", "linking" })
        {
            if (ModuleOffsets.HasCustomSection(bytes, Encoding.ASCII.GetBytes(name)))
            {
                return name;
            }
        }

        return null;
    }

    private static bool IsEmscripten(string module, string name) =>
        module == OnvmImports.Module
        && (
            name.StartsWith("emscripten_", StringComparison.Ordinal)
            || name.StartsWith("_emscripten_", StringComparison.Ordinal)
            || name.StartsWith("__syscall_", StringComparison.Ordinal)
            || name.StartsWith("invoke_", StringComparison.Ordinal)
            || name.StartsWith("_embind_", StringComparison.Ordinal)
            || name.StartsWith("__cxa_", StringComparison.Ordinal)
            || name
                is "__assert_fail"
                    or "_abort_js"
                    or "abortOnCannotGrowMemory"
                    or "__memory_base"
                    or "__table_base"
                    or "_tzset_js"
                    or "_emval_decref"
        );

    /// <summary>What a module's names and sections say of the tools that made it.</summary>
    private sealed record Marks(WasmModule Module, IReadOnlyList<ModuleImport> Unknown, string? Section)
    {
        public bool HasUnknown => Unknown.Count > 0;

        public bool LacksEntry =>
            !Module.ExportsByName.ContainsKey(GuestShape.CommandEntry)
            && !Module.Exports.Any(export => OnvmConventions.Of(export) is not null);

        /// <summary>
        /// Emscripten shortens names where it optimises: everything comes from <c>a</c>, and no name has more than three letters.
        /// </summary>
        public bool IsMinified => Unknown.Count > 0 && Module.Imports.All(import => import.Module == "a" && import.Name.Length <= 3);

        public bool From(Predicate<string> module) => Unknown.Any(import => module(import.Module));

        public bool Import(Func<string, string, bool> fits) => Unknown.Any(import => fits(import.Module, import.Name));

        /// <summary>One of the functions; with no name: any.</summary>
        public bool Exports(params string[] names) =>
            Module.Exports.Any(export => export.Kind == ExternalKind.Function && (names.Length == 0 || names.Contains(export.Name)));
    }
}

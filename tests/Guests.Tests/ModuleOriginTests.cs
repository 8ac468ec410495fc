using System.Text;
using Marketplace.Engine;
using Marketplace.Engine.Guests;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Guests.Tests;

/// <summary>A refusal says first what the file is and what to do, then the reason; a program is never taken for anything else.</summary>
public sealed class ModuleOriginTests
{
    private static readonly WasmType[] None = [];

    [Theory]
    [InlineData("wbg.__wbg_log_1", "a module that wasm-bindgen made", "wasm32-wasip1, without wasm-bindgen")]
    [InlineData("__wbindgen_placeholder__.__wbindgen_throw", "a module that wasm-bindgen made", "wasm32-wasip1, without wasm-bindgen")]
    [InlineData("gojs.runtime.wasmExit", "a Go program for a JavaScript host", "GOOS=wasip1 GOARCH=wasm")]
    [InlineData("wasi:cli/stdout@0.2.0.get-stdout", "the core module of a component", "wasm32-wasip1 in place of wasm32-wasip2")]
    [InlineData("wasix_32v1.thread_spawn_v2", "a program for WASIX", "without WASIX's threads")]
    [InlineData("wasi.thread-spawn", "a program with threads of WASI", "without threads")]
    [InlineData("env.emscripten_resize_heap", "an Emscripten module for a JavaScript host", "-sSTANDALONE_WASM")]
    [InlineData("env.invoke_vii", "an Emscripten module for a JavaScript host", "-sSTANDALONE_WASM")]
    [InlineData("a.b", "an Emscripten module for a JavaScript host", "-sSTANDALONE_WASM")]
    [InlineData("env.mono_wasm_marshal", ".NET's runtime for browsers", "WASI preview 1")]
    [InlineData("wasi_snapshot_preview1.sock_open", "a WASI program that asks its host for more", "without the extension")]
    [InlineData("rb-js-abi-host.is-js", "a module for a JavaScript host", "clang --target=wasm32-wasi")]
    [InlineData("env.system", "a module for another host", "clang --target=wasm32-wasi")]
    public void Import_TellsWhoMadeTheModule(string import, string what, string advice)
    {
        var (from, name) = import.StartsWith("wasi:", StringComparison.Ordinal)
            ? ("wasi:cli/stdout@0.2.0", "get-stdout")
            : (import[..import.IndexOf('.')], import[(import.IndexOf('.') + 1)..]);
        var module = new TestModule().Memory(1);
        module.ImportFunction(from, name, module.Type(None, None));
        module.Function(0, "_start", new Code());
        MustBe(
            module.Export("memory", 2, 0).ToBytes(),
            what,
            advice,
            $"Unknown import {from}.{name}: a program may import only functions of"
        );
    }

    [Theory]
    [InlineData("_initialize", "a reactor: a library whose functions a host calls", "build a command")]
    [InlineData("add", "a library without an entry point", "GUESTS.md")]
    public void ExportsWithoutAnEntryPoint_TellALibrary(string export, string what, string advice)
    {
        var module = new TestModule().Memory(1);
        module.Function(module.Type(None, None), export, new Code());
        MustBe(module.Export("memory", 2, 0).ToBytes(), what, advice, "Missing entry point");
    }

    [Theory]
    [InlineData("dylink.0", "a dynamic library", "without -shared")]
    [InlineData("linking", "an object file", "wasm-ld")]
    public void Section_TellsWhatIsNotLinked(string section, string what, string advice)
    {
        var name = Encoding.UTF8.GetBytes(section);
        byte[] bytes = [.. "\0asm"u8, 1, 0, 0, 0, 0, (byte)(name.Length + 1), (byte)name.Length, .. name];
        MustBe(bytes, what, advice, "Missing memory");
    }

    [Theory]
    [InlineData("\0asm\r\0\u0001\0", "a component, not a core module", "wasm32-wasip1 in place of wasm32-wasip2")]
    [InlineData("\u001f\u008b\u0008", "a file that gzip has compressed", "gunzip")]
    [InlineData("\n  (module (func))", "the text format of WebAssembly", "wat2wasm")]
    [InlineData("\u007fELF\u0002", "a program for a processor", "clang")]
    public void FirstBytes_TellWhatIsNoModule(string bytes, string what, string advice) =>
        MustBe(Encoding.Latin1.GetBytes(bytes), what, advice, ". ");

    [Fact]
    public void UnknownImports_AreGroupedByTheirModules()
    {
        var module = new TestModule().Memory(1);
        var type = module.Type(None, None);
        for (var i = 0; i < 20; i++)
        {
            module.ImportFunction("env", $"invoke_{i}", type);
        }
        module.ImportFunction("wasi_snapshot_preview1", "sched_yield", module.Type(None, [WasmType.I32]));
        module.ImportFunction("host", "call", type);
        module.Function(type, "_start", new Code());

        var refusal = Assert.Single(ModuleReport.Of(module.Export("memory", 2, 0).ToBytes()).Refusals);

        Assert.Contains(
            ". 21 unknown imports (20 of env: invoke_0, invoke_1, invoke_2 and 17 more; 1 of host: call): a program may",
            refusal.Reason
        );
    }

    [Fact]
    public void WhatHasNoMark_IsNotGuessedAt()
    {
        foreach (var fixture in new[] { "bad_import_type", "bad_start", "no_memory" })
        {
            Assert.Null(ModuleReport.Of(Guest.Fixture(fixture)).Origin);
        }
        Assert.Null(ModuleReport.Of(Guest.Sample("echo")).Origin);
        Assert.Null(ModuleReport.Of(default).Origin);
    }

    private static void MustBe(byte[] bytes, string what, string advice, string reason)
    {
        var refusal = Assert.Throws<InvalidModuleException>(() => GuestProgram.Load(bytes));
        Assert.StartsWith($"this is {what}", refusal.Reason);
        Assert.Contains(advice, refusal.Reason);
        Assert.Contains(reason, refusal.Reason);
        Assert.StartsWith(what, ModuleReport.Of(bytes).Origin?.What);
    }
}

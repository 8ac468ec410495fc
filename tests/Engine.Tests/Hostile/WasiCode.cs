using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Hostile;

/// <summary>A WASI command that is nothing but calls of its host. It has 16 pages of memory and two locals.</summary>
internal sealed class WasiCode
{
    /// <summary>Where results go.</summary>
    public const int Out = (16 * 65_536) - 64;

    private const string Host = "wasi_snapshot_preview1";

    private static readonly (string Name, string Parameters)[] Functions =
    [
        ("proc_exit", "i"),
        ("fd_write", "iiii"),
        ("fd_close", "i"),
        ("fd_filestat_set_size", "il"),
        ("fd_readdir", "iiili"),
        ("path_open", "iiiiillii"),
        ("path_symlink", "iiiii"),
        ("path_create_directory", "iii"),
        ("random_get", "ii"),
        ("poll_oneoff", "iiii"),
        ("clock_time_get", "ili"),
        ("sched_yield", ""),
    ];

    private readonly Code _code = new();
    private readonly TestModule _module = new TestModule().Memory(16).Export("memory", 2, 0);

    public Code Code => _code;

    /// <summary>The call's error number is left on the stack.</summary>
    public WasiCode Call(string name, params ReadOnlySpan<long> arguments)
    {
        var index = Array.FindIndex(Functions, function => function.Name == name);
        for (var i = 0; i < arguments.Length; i++)
        {
            _code.Push(Functions[index].Parameters[i], arguments[i]);
        }

        _code.Call(index);
        return this;
    }

    public WasiCode Data(int address, params ReadOnlySpan<byte> bytes)
    {
        _module.Data(address, bytes);
        return this;
    }

    public WasiCode Drop()
    {
        _code.Drop();
        return this;
    }

    /// <summary>Again and again what leaves an error number on the stack.</summary>
    public WasiCode Endlessly(Action<WasiCode> body)
    {
        _code.Loop();
        body(this);
        _code.Drop().Br(0).End();
        return this;
    }

    /// <summary>Again and again until there is an error, whose number is then the exit code.</summary>
    public WasiCode UntilError(Action<WasiCode> body)
    {
        _code.Loop();
        body(this);
        _code.LocalTee(0).I32Eqz().BrIf(0).End().LocalGet(0);
        return Call("proc_exit");
    }

    /// <summary>So many times; the last error number is left on the stack.</summary>
    public WasiCode Times(int count, Action<WasiCode> body)
    {
        _code.I32Const(count).LocalSet(1).Loop();
        body(this);
        _code.LocalSet(0).LocalGet(1).I32Const(1).I32Sub().LocalTee(1).BrIf(0).End().LocalGet(0);
        return this;
    }

    /// <summary>A name of three letters at address 0, and the number that it stands for at address 8.</summary>
    public WasiCode WithNames() => Data(0, 0x40, 0x40, 0x40);

    /// <summary>Goes on to the next name, of which there are 64 to the third power.</summary>
    public WasiCode NextName()
    {
        const byte And = 0x71,
            Or = 0x72,
            ShrU = 0x76;
        _code.I32Const(8).I32Const(8).I32Load().I32Const(1).I32Add().I32Store();
        for (var letter = 0; letter < 3; letter++)
        {
            _code.I32Const(letter).I32Const(8).I32Load().I32Const(6 * letter).Raw(ShrU).I32Const(0x3F).Raw(And);
            _code.I32Const(0x40).Raw(Or).I32Store8();
        }

        return this;
    }

    /// <summary>Ends with the error number on the stack as exit code.</summary>
    public WasiCode Exit() => Call("proc_exit");

    public byte[] ToBytes(bool asStartFunction = false)
    {
        foreach (var (name, parameters) in Functions)
        {
            WasmType[] types = [.. parameters.Select(letter => letter == 'l' ? WasmType.I64 : WasmType.I32)];
            _module.ImportFunction(Host, name, _module.Type(types, name == "proc_exit" ? [] : [WasmType.I32]));
        }

        var type = _module.Type([], []);
        var main = _module.Function(type, asStartFunction ? null : "_start", _code, (2, WasmType.I32));
        if (asStartFunction)
        {
            _module.Start(main);
            _module.Function(type, "_start", new Code());
        }

        return _module.ToBytes();
    }
}

file static class Pushing
{
    public static Code Push(this Code code, char type, long value) => type == 'l' ? code.I64Const(value) : code.I32Const((int)value);
}

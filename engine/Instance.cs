using Marketplace.Engine.Decode;
using Marketplace.Engine.Interpret;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>
/// A module's instance for one run. Not thread-safe. Dispose it after the run: its memories go back to the pool, zeroed, and
/// nothing of it may be used afterwards.
/// </summary>
public sealed partial class Instance : IDisposable
{
    private readonly CompiledModule _compiled;
    private readonly ModuleContent _content;
    private bool _disposed;

    private Instance(CompiledModule compiled, Run run, object? hostState)
    {
        _compiled = compiled;
        _content = compiled.Module.Content;
        Run = run;
        RunField = run;
        HostState = hostState;
    }

    public WasmModule Module => _compiled.Module;

    public Run Run { get; }

    /// <summary>The host's own state of this run, for its host functions.</summary>
    public object? HostState { get; set; }

    /// <summary>Memory 0.</summary>
    /// <exception cref="InvalidOperationException">The module has none.</exception>
    public LinearMemory Memory => Memory0 ?? throw new InvalidOperationException("The module has no memory.");

    /// <summary>
    /// Links, fills globals, tables and memories and runs the start function. Must be called on a thread of
    /// <see cref="GuestThreads"/>. <paramref name="hostState"/> is what host functions see as <see cref="HostState"/>.
    /// Instances that share anything must share the run.
    /// </summary>
    /// <exception cref="LinkException">An import is missing or of another type, or a first size is over a limit.</exception>
    /// <exception cref="TrapException">A segment does not fit, or the start function trapped.</exception>
    public static Instance Instantiate(CompiledModule compiled, Imports imports, Run run, object? hostState = null)
    {
        GuestThreads.RequireCurrent();
        var instance = new Instance(compiled, run, hostState);
        var complete = false;
        try
        {
            run.Admit(instance, compiled);
            instance.Link(imports);
            instance.CreateGlobals();
            instance.CreateTablesAndMemory();
            instance.RunActiveSegments();
            if (instance._content.Start is { } start)
            {
                instance.Enter(start, [], []);
            }

            complete = true;
            return instance;
        }
        finally
        {
            // What a failed instance has put into an imported table stays there and may be called (core specification, 4.5.4),
            // so its memory must live on; it goes with the garbage.
            if (!complete && instance._content.ImportedTables == 0)
            {
                instance.Dispose();
            }
        }
    }

    /// <summary>Calls an exported function on the current thread, which must be the one that made the instance.</summary>
    /// <exception cref="TrapException">The guest trapped or was stopped.</exception>
    /// <exception cref="ArgumentException">No such exported function, or arguments of other types.</exception>
    public Value[] Invoke(string export, params ReadOnlySpan<Value> arguments)
    {
        GuestThreads.RequireCurrent();
        if (Stack != GuestThreads.Stack)
        {
            throw new InvalidOperationException("An instance runs only on the guest thread that made it, whose stack its functions use.");
        }

        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!Module.ExportsByName.TryGetValue(export, out var found) || found.Type is not FunctionType type)
        {
            throw new ArgumentException($"The module exports no function named \"{export}\".", nameof(export));
        }

        if (arguments.Length != type.Parameters.Length)
        {
            throw new ArgumentException($"{arguments.Length} arguments for a function of type {type}.", nameof(arguments));
        }

        var count = Math.Max(type.Parameters.Length, type.Results.Length);
        var cells = count == 0 ? [] : new Cell[count];
        var references = count == 0 ? [] : new object?[count];
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Type != type.Parameters[i])
            {
                throw new ArgumentException($"Argument {i} is {arguments[i]} for a function of type {type}.", nameof(arguments));
            }

            cells[i] = arguments[i].ToCell();
            references[i] = arguments[i].Reference;
        }

        Enter(found.Index, cells, references);
        var results = type.Results.Length == 0 ? [] : new Value[type.Results.Length];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = Value.FromCell(type.Results[i], cells[i], references[i]);
        }

        return results;
    }

    /// <returns>The exported function, table, memory or global; null where there is none of that name.</returns>
    public External? Export(string name)
    {
        if (!Module.ExportsByName.TryGetValue(name, out var export))
        {
            return null;
        }

        return export.Kind switch
        {
            ExternalKind.Function => ExternalFunctionAt(export.Index),
            ExternalKind.Table => Tables[export.Index],
            ExternalKind.Memory => Memory0,
            _ => GlobalAt(export.Index),
        };
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Run.Dismiss(this);
            if (_content.ImportedMemories == 0)
            {
                Memory0?.Release(_compiled.WarmRange);
            }
        }
    }

    private void Enter(int function, Cell[] cells, object?[] references)
    {
        var callee = FunctionAt(function);
        var slotsBefore = Run.StackSlots;
        if (slotsBefore < EnginePolicy.HostFrameSlots)
        {
            throw new TrapException(TrapKind.CallStackExhausted, new TrapSite(_content, TrapPlace.Function, function));
        }

        var cellsBefore = Stack.Mark();
        try
        {
            var slots = slotsBefore - EnginePolicy.HostFrameSlots;
            if (callee.Context == this && InterpreterCalls.Interpreted(this, callee.Index) is { } interpreted)
            {
                Interpreter.Enter(this, interpreted, cells, slots);
            }
            else
            {
                callee.Resolve();
                EntryOf(TypeOfFunction(function))(callee.Code, callee.Context, slots, cells, references);
            }
        }
        finally
        {
            Run.StackSlots = slotsBefore;
            Stack.Restore(cellsBefore);
        }

        // The last segment is charged without a check; it counts all the same.
        GuestCode.CheckFuel(Run);
    }
}

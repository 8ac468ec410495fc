using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// How interpreted functions get out: to machine code, to the host, to other instances, and from a loop that runs often into machine code
/// that begins there. All of them may come back to the interpreter, which then uses cells from those on that the stack names.
/// </summary>
internal static unsafe class InterpreterCalls
{
    /// <summary>No function of the instance itself.</summary>
    public const int Elsewhere = -1;

    /// <summary>More doublings of a function's patience than any run lives to see.</summary>
    private const int LoopEntriesMax = 20;

    /// <summary>The function, if the call in hand is to be interpreted; it counts as one.</summary>
    public static InterpretedFunction? Interpreted(Instance instance, int function)
    {
        if (instance.FirstTier.Find(function, instance.Run) is not { } found)
        {
            return null;
        }

        if ((found.Heat -= found.FirstCharge + 1) >= 0)
        {
            return found;
        }

        if (!instance.Run.MayPromote)
        {
            found.Heat = found.Patience;
            return found;
        }

        instance.CodeOf(function);
        found.IsCompiled = true;
        return null;
    }

    /// <summary>Checks the element of a table that an indirect call names, and leaves it in the stack.</summary>
    /// <returns>The function's index; <see cref="Elsewhere"/> where it is the host's or another instance's.</returns>
    public static int Find(Instance instance, int function, in Step step, long* cells)
    {
        var table = instance.Tables[(int)(step.Bits >> 32)];
        var index = (uint)cells[step.Second];
        if (index >= (uint)table.Count)
        {
            throw GuestCode.MakeTrap(TrapKind.UndefinedElement, function, instance);
        }

        if (table.Elements[index] is not Function found)
        {
            throw GuestCode.MakeTrap(TrapKind.UninitializedElement, function, instance);
        }

        var expected = instance.SignatureOfType((int)step.Bits).Bits;
        if (found.SignatureBits != expected && found.Signature.Bits != expected)
        {
            throw GuestCode.MakeTrap(TrapKind.IndirectCallTypeMismatch, function, instance);
        }

        instance.Stack.Found = found;
        return found.Context == instance && found.Index >= instance.ImportedFunctions.Length ? found.Index : Elsewhere;
    }

    /// <summary>A call that the interpreter cannot go on with by itself.</summary>
    /// <param name="cells">The arguments; afterwards the results.</param>
    /// <param name="stackSlots">What is left to the caller.</param>
    /// <returns>True where nothing was called: the interpreter runs the function, and can by now.</returns>
    public static bool Call(Instance instance, int function, in Step step, long* cells, int stackSlots)
    {
        if (function == Elsewhere)
        {
            CallFound(instance, (int)step.Bits, cells, stackSlots);
            return false;
        }

        if (Interpreted(instance, function) is not null)
        {
            return true;
        }

        CallCode(instance, instance.TypeOfFunction(function), instance.CodeOf(function), instance, cells, stackSlots);
        return false;
    }

    /// <summary>A call of an imported function, as its stub makes it.</summary>
    public static void CallImport(Instance instance, int index, long* cells, int stackSlots)
    {
        var import = instance.ImportedFunctions[index];
        if (import.Function is { } guest)
        {
            guest.Resolve();
            CallCode(instance, instance.TypeOfFunction(index), guest.Code, guest.Context, cells, stackSlots);
            return;
        }

        var run = instance.RunField;
        run.StackSlots = stackSlots;
        GuestCode.CheckFuel(run);
        if (import.Target is not HostCallback)
        {
            import.Call(instance, cells);
            return;
        }

        var arguments = Load(instance, import.Type, cells);
        GuestCode.CallHost(arguments, new object?[arguments.Length], import, instance);
        Store(import.Type, arguments, cells);
    }

    /// <summary>
    /// Machine code that goes on at a loop's head, where it pays: a function that has used up its patience there gets it, and machine
    /// code for its next calls. A function may have many loops, so each time its patience becomes twice as long.
    /// </summary>
    /// <returns>0 where the interpreter is to go on.</returns>
    public static nint CodeOfLoop(Instance instance, InterpretedFunction function, int loop)
    {
        if (!instance.Run.MayPromote)
        {
            function.Heat = function.Patience;
            return 0;
        }

        function.LoopEntries = Math.Min(function.LoopEntries + 1, LoopEntriesMax);
        function.Heat = function.Patience << function.LoopEntries;
        var code = instance.CodeOfLoop(function.Index, loop);
        function.IsCompiled = true;
        return code;
    }

    /// <summary>Goes on at a loop's head with the cells of the function, to its end.</summary>
    /// <param name="cells">The function's; afterwards its results.</param>
    /// <param name="stackSlots">What its caller had left.</param>
    public static void GoOn(Instance instance, InterpretedFunction function, nint code, long* cells, int stackSlots)
    {
        instance.LoopCells = (nint)cells;
        CallCode(instance, instance.TypeOfFunction(function.Index), code, instance, cells, stackSlots);
    }

    private static void CallFound(Instance instance, int type, long* cells, int stackSlots)
    {
        var found = instance.Stack.Found!;
        if (found.Context == instance)
        {
            CallImport(instance, found.Index, cells, stackSlots);
            return;
        }

        found.Resolve();
        CallCode(instance, type, found.Code, found.Context, cells, stackSlots);
    }

    private static void CallCode(Instance instance, int type, nint code, Instance context, long* cells, int stackSlots)
    {
        var functionType = instance.Module.Content.Types[type];
        var enter = instance.EntryOf(type);
        var arguments = Load(instance, functionType, cells);
        enter(code, context, stackSlots, arguments, []);
        Store(functionType, arguments, cells);
    }

    private static Cell[] Load(Instance instance, FunctionType type, long* cells)
    {
        var arguments = instance.Stack.Arguments(Math.Max(type.Parameters.Length, type.Results.Length));
        for (var i = 0; i < type.Parameters.Length; i++)
        {
            arguments[i].Low = cells[i];
        }

        return arguments;
    }

    private static void Store(FunctionType type, Cell[] results, long* cells)
    {
        for (var i = 0; i < type.Results.Length; i++)
        {
            cells[i] = results[i].Low;
        }
    }
}

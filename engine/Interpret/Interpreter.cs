using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Interpret;

/// <summary>
/// Runs functions step by step. Calls between interpreted functions take nothing of the thread's own stack; all others go through
/// <see cref="InterpreterCalls"/>. Fuel, traps, stack slots and stops are those of machine code, to the last unit (FUEL.md).
/// </summary>
internal static unsafe class Interpreter
{
    /// <summary>Runs a function that the host calls. What the stack names afterwards is the caller's to restore.</summary>
    /// <param name="cells">The arguments; afterwards the results.</param>
    /// <param name="stackSlots">What is left for the function's frame and those that it calls.</param>
    public static void Enter(Instance instance, InterpretedFunction function, Cell[] cells, int stackSlots)
    {
        var own = CellsFor(instance, function);
        for (var i = 0; i < function.Type.Parameters.Length; i++)
        {
            own[i] = cells[i].Low;
        }

        Run(instance, function, own, stackSlots);
        for (var i = 0; i < function.Type.Results.Length; i++)
        {
            cells[i] = new Cell { Low = own[i] };
        }
    }

    /// <summary>Runs the function that <see cref="GuestStack.Entered"/> says, which machine code calls.</summary>
    /// <param name="cells">What <see cref="CellsFor"/> gave: the arguments; afterwards the results.</param>
    public static void EnterFromCode(Instance instance, long* cells, int stackSlots)
    {
        var stack = instance.Stack;
        var callers = stack.Callers;
        stack.Depth++;
        Run(instance, stack.Entered!, cells, stackSlots);

        // After a trap the host's own call does this.
        stack.Depth--;
        stack.Use(cells, callers);
    }

    /// <summary>Where the arguments of a call from outside go.</summary>
    public static long* CellsFor(Instance instance, InterpretedFunction function)
    {
        var cells = instance.Stack.Cells;
        if (cells + Math.Max(function.Type.Parameters.Length, function.Type.Results.Length) > instance.Stack.CellsEnd)
        {
            throw GuestCode.MakeStackFault();
        }

        return cells;
    }

    private static void Run(Instance instance, InterpretedFunction function, long* cells, int stackSlots)
    {
        var functions = instance.FirstTier.Functions;
        var stack = instance.Stack;
        var caller = stack.Callers;
        var outermost = caller;
        var run = instance.RunField;
        stackSlots = Begin(instance, run, function, cells, stackSlots);
        ref var steps = ref MemoryMarshal.GetArrayDataReference(function.Steps);
        var next = 0;
        while (true)
        {
            ref var step = ref Unsafe.Add(ref steps, next++);
            switch (step.Operation)
            {
                case Operation.Copy:
                    cells[step.To] = cells[step.First];
                    break;
                case Operation.Constant:
                    cells[step.To] = step.Bits;
                    break;
                case Operation.Select:
                    cells[step.To] = (int)cells[step.Bits] != 0 ? cells[step.First] : cells[step.Second];
                    break;
                case Operation.Charge:
                    run.Fuel -= step.Bits;
                    break;
                case Operation.Loop:
                    if (
                        (function.Heat -= step.Bits + 1) < 0
                        && InterpreterCalls.CodeOfLoop(instance, function, step.Loop) is not 0 and var code
                    )
                    {
                        stack.Use(cells + function.Cells, caller);
                        InterpreterCalls.GoOn(instance, function, code, cells, stackSlots + function.FrameSlots);
                        goto case Operation.Return;
                    }

                    run.Fuel -= step.Bits;
                    if (run.Fuel < 0 && step.Detail != 0)
                    {
                        Refill(run, function.Index, instance);
                    }

                    break;
                case Operation.Jump:
                    next = (int)step.Bits;
                    break;
                case Operation.JumpIf:
                    next = (int)cells[step.First] != 0 ? (int)step.Bits : next;
                    break;
                case Operation.JumpUnless:
                    next = (int)cells[step.First] == 0 ? (int)step.Bits : next;
                    break;
                case Operation.JumpByTable:
                    var table = function.Tables[step.Bits];
                    next = table[Math.Min((uint)cells[step.First], (uint)table.Length - 1)];
                    break;
                case Operation.ReturnOne:
                    cells[0] = cells[step.First];
                    goto case Operation.Return;
                case Operation.Return:
                    if (caller == outermost)
                    {
                        return;
                    }

                    caller--;
                    function = functions[caller->Function]!;
                    steps = ref MemoryMarshal.GetArrayDataReference(function.Steps);
                    next = caller->Step;
                    cells = caller->Cells;
                    stackSlots = caller->StackSlots;
                    break;
                case Operation.Call:
                case Operation.CallIndirect:
                    var callee =
                        step.Operation == Operation.Call ? (int)step.Bits : InterpreterCalls.Find(instance, function.Index, in step, cells);
                    if (callee >= 0 && functions[callee] is { IsCompiled: false } called && (called.Heat -= called.FirstCharge + 1) >= 0)
                    {
                        if (caller == stack.CallersEnd)
                        {
                            throw GuestCode.MakeStackFault();
                        }

                        caller->Function = function.Index;
                        caller->Step = next;
                        caller->Cells = cells;
                        caller->StackSlots = stackSlots;
                        caller++;
                        cells += step.First;
                        run = instance.RunField;
                        stackSlots = Begin(instance, run, called, cells, stackSlots);
                        (function, next) = (called, 0);
                        steps = ref MemoryMarshal.GetArrayDataReference(called.Steps);
                        break;
                    }

                    stack.Use(cells + function.Cells, caller);
                    if (InterpreterCalls.Call(instance, callee, in step, cells + step.First, stackSlots))
                    {
                        next--;
                    }

                    break;
                case Operation.CallImport:
                    stack.Use(cells + function.Cells, caller);
                    InterpreterCalls.CallImport(instance, (int)step.Bits, cells + step.First, stackSlots);
                    break;
                case Operation.I32Binary:
                    cells[step.To] = (uint)Numbers.Binary32(step.Opcode, (int)cells[step.First], (int)cells[step.Second]);
                    break;
                case Operation.I32BinaryConstant:
                    cells[step.To] = (uint)Numbers.Binary32(step.Opcode, (int)cells[step.First], (int)step.Bits);
                    break;
                case Operation.I64Binary:
                    cells[step.To] = Numbers.Binary64(step.Opcode, cells[step.First], cells[step.Second]);
                    break;
                case Operation.I64BinaryConstant:
                    cells[step.To] = Numbers.Binary64(step.Opcode, cells[step.First], step.Bits);
                    break;
                case Operation.Load:
                    InterpreterMemory.Load(in step, cells, function.Index, instance);
                    break;
                case Operation.Store:
                    InterpreterMemory.Store(in step, cells, function.Index, instance);
                    break;
                default:
                    InterpreterSteps.Do(in step, cells, function.Index, instance);
                    break;
            }
        }
    }

    /// <summary>What a function does before its first instruction: takes its slots, pays its first segment, clears its locals.</summary>
    /// <param name="run">
    /// Another one where the run was stopped, with no fuel left. Read once for each call: a function that is stopped later may still
    /// return, with all of its fuel counted.
    /// </param>
    /// <returns>The slots left for what it calls.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Begin(Instance instance, Run run, InterpretedFunction function, long* cells, int stackSlots)
    {
        var left = stackSlots - function.FrameSlots;
        if (left < 0)
        {
            throw GuestCode.MakeTrap(TrapKind.CallStackExhausted, function.Index, instance);
        }

        if (cells + function.Cells > instance.Stack.CellsEnd)
        {
            throw GuestCode.MakeStackFault();
        }

        run.Fuel -= function.FirstCharge;
        if (run.Fuel < 0)
        {
            Refill(run, function.Index, instance);
        }

        var parameters = function.Type.Parameters.Length;
        if (parameters < function.Locals)
        {
            new Span<long>(cells + parameters, function.Locals - parameters).Clear();
        }

        return left;
    }

    /// <summary>As machine code does it: takes slices one by one, and looks before each whether the run was stopped.</summary>
    private static void Refill(Run run, int function, Instance instance)
    {
        do
        {
            if (run.Slices == 0)
            {
                throw GuestCode.MakeTrap(TrapKind.OutOfFuel, function, instance);
            }

            if (run.Stop != 0)
            {
                throw GuestCode.MakeStop(run);
            }

            run.Slices--;
            run.Fuel += EnginePolicy.FuelSlice;
        } while (run.Fuel < 0);
    }
}

using System.Reflection.Emit;
using Marketplace.Engine.Interpret;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What a call of a function finds in its slot until the function has code, one for each function type. It has the code made, which puts
/// the code into the slot, and goes on to it; or has the function interpreted. The caller has left the function's index in its instance.
/// </summary>
internal static class CallResolver
{
    public static void Emit(CodeWriter il, FunctionType type)
    {
        var context = type.Parameters.Length;
        var code = il.DeclareLocal(typeof(nint));
        var interpret = il.DefineLabel();
        var isNumeric = TranslationPlan.IsNumeric(type);
        il.LoadArgument(context);
        il.Call(isNumeric ? Members.ResolveOrInterpret : Members.ResolveCall);
        il.StoreLocal(code);
        if (isNumeric)
        {
            il.LoadLocal(code);
            il.Emit(OpCodes.Brfalse, interpret);
        }

        il.LoadArguments(context + 2);
        il.LoadLocal(code);
        il.Emit(OpCodes.Tailcall);
        il.EmitCalli(type);
        il.Emit(OpCodes.Ret);
        if (isNumeric)
        {
            il.MarkLabel(interpret);
            EmitInterpretation(il, type);
        }
    }

    private static void EmitInterpretation(CodeWriter il, FunctionType type)
    {
        var context = type.Parameters.Length;
        var cells = il.DeclareLocal(typeof(nint));
        il.LoadArgument(context);
        il.Call(Members.InterpretedCells);
        il.StoreLocal(cells);
        for (var i = 0; i < type.Parameters.Length; i++)
        {
            EmitCell(il, cells, i);
            il.LoadArgument(i);
            EmitBits(il, type.Parameters[i]);
            il.Emit(OpCodes.Stind_I8);
        }

        il.LoadLocal(cells);
        il.LoadArgument(context);
        il.LoadArgument(context + 1);
        il.Call(Members.Interpret);
        EmitResults(il, type, cells);
        il.Emit(OpCodes.Ret);
    }

    /// <summary>The first result is IL's; the others go through the run.</summary>
    private static void EmitResults(CodeWriter il, FunctionType type, LocalBuilder cells)
    {
        if (type.Results.Length > 1)
        {
            var run = il.DeclareLocal(typeof(Run));
            il.LoadField(type.Parameters.Length, Members.InstanceRun);
            il.StoreLocal(run);
            for (var i = 1; i < type.Results.Length; i++)
            {
                var (cell, result) = (i, type.Results[i]);
                ResultSlots.EmitStore(il, run, i - 1, result, () => EmitLoad(il, cells, cell, result));
            }
        }

        if (type.Results.Length > 0)
        {
            EmitLoad(il, cells, 0, type.Results[0]);
        }
    }

    private static void EmitLoad(CodeWriter il, LocalBuilder cells, int cell, WasmType type)
    {
        EmitCell(il, cells, cell);
        ResultSlots.LoadValue(il, type);
    }

    private static void EmitCell(CodeWriter il, LocalBuilder cells, int cell)
    {
        il.LoadLocal(cells);
        il.LoadInt32(cell * sizeof(long));
        il.Emit(OpCodes.Add);
    }

    /// <summary>The number on the evaluation stack as the 64 bits of a cell.</summary>
    private static void EmitBits(CodeWriter il, WasmType type)
    {
        if (type == WasmType.F32)
        {
            il.Call(Members.SingleBits);
        }
        else if (type == WasmType.F64)
        {
            il.Call(Members.DoubleBits);
        }

        if (type is WasmType.I32 or WasmType.F32)
        {
            il.Emit(OpCodes.Conv_U8);
        }
    }
}

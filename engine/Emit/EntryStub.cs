using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>The body of an <see cref="EntryPoint"/>.</summary>
internal static class EntryStub
{
    private const int Code = 0;
    private const int Context = 1;
    private const int StackSlots = 2;
    private const int Cells = 3;
    private const int References = 4;

    public static void Emit(CodeWriter il, FunctionType type)
    {
        for (var i = 0; i < type.Parameters.Length; i++)
        {
            EmitArray(il, type.Parameters[i], i);
            ResultSlots.EmitLoadElement(il, type.Parameters[i]);
        }

        il.LoadArgument(Context);
        il.LoadArgument(StackSlots);
        il.LoadArgument(Code);
        il.EmitCalli(type);
        EmitResults(il, type);
        il.Emit(OpCodes.Ret);
    }

    private static void EmitResults(CodeWriter il, FunctionType type)
    {
        if (type.Results.Length == 0)
        {
            return;
        }

        var first = il.DeclareLocal(GuestSignature.Result(type));
        il.StoreLocal(first);
        EmitArray(il, type.Results[0], 0);
        ResultSlots.EmitStoreElement(il, type.Results[0], () => il.LoadLocal(first));
        if (type.Results.Length == 1)
        {
            return;
        }

        var run = il.DeclareLocal(typeof(Run));
        il.LoadField(Context, Members.InstanceRun);
        il.StoreLocal(run);
        for (var i = 1; i < type.Results.Length; i++)
        {
            var (slot, result) = (i - 1, type.Results[i]);
            EmitArray(il, result, i);
            ResultSlots.EmitStoreElement(il, result, () => ResultSlots.EmitLoad(il, run, slot, result));
        }
    }

    private static void EmitArray(CodeWriter il, WasmType type, int index)
    {
        il.LoadArgument(type.IsReference() ? References : Cells);
        il.LoadInt32(index);
    }
}

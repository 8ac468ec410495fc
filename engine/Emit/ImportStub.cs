using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// The method of an imported function: goes on to another instance's code, or to the host, by a typed delegate where the
/// function type has one and the host gave one. The host is entered only with fuel left.
/// </summary>
internal static class ImportStub
{
    public static void Emit(CodeWriter il, FunctionType type, int index)
    {
        var context = type.Parameters.Length;
        var import = il.DeclareLocal(typeof(Runtime.ImportedFunction));
        il.LoadField(context, Members.InstanceImports);
        il.LoadInt32(index);
        il.Emit(OpCodes.Ldelem_Ref);
        il.StoreLocal(import);
        EmitGuest(il, type, import);

        var run = il.DeclareLocal(typeof(Run));
        il.LoadField(context, Members.InstanceRun);
        il.StoreLocal(run);
        il.LoadLocal(run);
        il.LoadArgument(context + 1);
        il.Emit(OpCodes.Stfld, Members.RunStackSlots);
        il.LoadLocal(run);
        il.Call(Members.CheckFuel);
        if (HostDelegates.TypeFor(type) is { } delegateType)
        {
            EmitTyped(il, type, import, delegateType);
        }

        EmitGeneral(il, type, import, run);
    }

    private static void EmitGuest(CodeWriter il, FunctionType type, LocalBuilder import)
    {
        var host = il.DefineLabel();
        var function = il.DeclareLocal(typeof(Function));
        il.LoadField(import, Members.ImportFunction);
        il.StoreLocal(function);
        il.LoadLocal(function);
        il.Emit(OpCodes.Brfalse, host);
        il.LoadArguments(type.Parameters.Length);
        il.LoadField(function, Members.FunctionContext);
        il.LoadArgument(type.Parameters.Length + 1);
        il.LoadField(function, Members.FunctionCode);

        // Else a tail call that goes from instance to instance would leave a frame behind at each crossing.
        il.Emit(OpCodes.Tailcall);
        il.EmitCalli(type);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(host);
    }

    private static void EmitTyped(CodeWriter il, FunctionType type, LocalBuilder import, Type delegateType)
    {
        var general = il.DefineLabel();
        var target = il.DeclareLocal(delegateType);
        il.LoadField(import, Members.ImportTarget);
        il.Emit(OpCodes.Isinst, delegateType);
        il.StoreLocal(target);
        il.LoadLocal(target);
        il.Emit(OpCodes.Brfalse, general);
        il.LoadLocal(target);
        il.LoadArgument(type.Parameters.Length);
        il.LoadArguments(type.Parameters.Length);
        il.Emit(OpCodes.Callvirt, delegateType.GetMethod("Invoke")!);
        il.Emit(OpCodes.Ret);
        il.MarkLabel(general);
    }

    private static void EmitGeneral(CodeWriter il, FunctionType type, LocalBuilder import, LocalBuilder run)
    {
        var count = Math.Max(type.Parameters.Length, type.Results.Length);
        var cells = il.DeclareLocal(typeof(Cell[]));
        var references = il.DeclareLocal(typeof(object[]));
        il.LoadInt32(count);
        il.Emit(OpCodes.Newarr, typeof(Cell));
        il.StoreLocal(cells);
        il.LoadInt32(count);
        il.Emit(OpCodes.Newarr, typeof(object));
        il.StoreLocal(references);
        for (var i = 0; i < type.Parameters.Length; i++)
        {
            var argument = i;
            EmitElement(type.Parameters[i], i);
            ResultSlots.EmitStoreElement(il, type.Parameters[i], () => il.LoadArgument(argument));
        }

        il.LoadLocal(cells);
        il.LoadLocal(references);
        il.LoadLocal(import);
        il.LoadArgument(type.Parameters.Length);
        il.Call(Members.CallHost);
        for (var i = 1; i < type.Results.Length; i++)
        {
            var (slot, result) = (i, type.Results[i]);
            ResultSlots.EmitStore(
                il,
                run,
                i - 1,
                result,
                () =>
                {
                    EmitElement(result, slot);
                    ResultSlots.EmitLoadElement(il, result);
                }
            );
        }

        if (type.Results.Length > 0)
        {
            EmitElement(type.Results[0], 0);
            ResultSlots.EmitLoadElement(il, type.Results[0]);
        }

        il.Emit(OpCodes.Ret);

        void EmitElement(WasmType elementType, int index)
        {
            il.LoadLocal(elementType.IsReference() ? references : cells);
            il.LoadInt32(index);
        }
    }
}

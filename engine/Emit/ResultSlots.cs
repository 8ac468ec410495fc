using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>The second and later results of a call, in arrays of the run; and arguments and results of the host's calls.</summary>
internal static class ResultSlots
{
    public static void EmitStore(CodeWriter il, LocalBuilder run, int slot, WasmType type, Action emitValue)
    {
        il.LoadField(run, type.IsReference() ? Members.RunResultReferences : Members.RunResultCells);
        il.LoadInt32(slot);
        EmitStoreElement(il, type, emitValue);
    }

    public static void EmitLoad(CodeWriter il, LocalBuilder run, int slot, WasmType type)
    {
        il.LoadField(run, type.IsReference() ? Members.RunResultReferences : Members.RunResultCells);
        il.LoadInt32(slot);
        EmitLoadElement(il, type);
    }

    /// <summary>Array and index are on the evaluation stack.</summary>
    public static void EmitStoreElement(CodeWriter il, WasmType type, Action emitValue)
    {
        if (type.IsReference())
        {
            emitValue();
            il.Emit(OpCodes.Stelem_Ref);
            return;
        }

        il.Emit(OpCodes.Ldelema, typeof(Cell));
        if (type == WasmType.F32)
        {
            // The reader takes 64 bits of which the upper half is zero.
            il.Emit(OpCodes.Dup);
            il.LoadInt64(0);
            il.Emit(OpCodes.Stind_I8);
        }

        emitValue();
        StoreValue(il, type);
    }

    /// <summary>The address of a cell, or of a reference, and the value are on the evaluation stack.</summary>
    public static void StoreValue(CodeWriter il, WasmType type)
    {
        switch (type)
        {
            case WasmType.I32:
                // The cell is 64 bits wide and read as a whole by the host.
                il.Emit(OpCodes.Conv_U8);
                il.Emit(OpCodes.Stind_I8);
                break;
            case WasmType.I64:
                il.Emit(OpCodes.Stind_I8);
                break;
            case WasmType.F32:
                il.Emit(OpCodes.Stind_R4);
                break;
            case WasmType.F64:
                il.Emit(OpCodes.Stind_R8);
                break;
            case WasmType.V128:
                il.StoreVector();
                break;
            default:
                il.Emit(OpCodes.Stind_Ref);
                break;
        }
    }

    /// <summary>The address of a cell, or of a reference, is on the evaluation stack.</summary>
    public static void LoadValue(CodeWriter il, WasmType type)
    {
        if (type == WasmType.V128)
        {
            il.LoadVector();
            return;
        }

        il.Emit(
            type switch
            {
                WasmType.I32 => OpCodes.Ldind_I4,
                WasmType.I64 => OpCodes.Ldind_I8,
                WasmType.F32 => OpCodes.Ldind_R4,
                WasmType.F64 => OpCodes.Ldind_R8,
                _ => OpCodes.Ldind_Ref,
            }
        );
    }

    /// <inheritdoc cref="EmitStoreElement"/>
    public static void EmitLoadElement(CodeWriter il, WasmType type)
    {
        if (type.IsReference())
        {
            il.Emit(OpCodes.Ldelem_Ref);
            return;
        }

        il.Emit(OpCodes.Ldelema, typeof(Cell));
        LoadValue(il, type);
    }
}

using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// What a call of a function finds in its slot until the function has code, one for each function type. It has the code made, which puts
/// the code into the slot, and goes on to it. The caller has left the function's index in its instance.
/// </summary>
internal static class CallResolver
{
    public static void Emit(CodeWriter il, FunctionType type)
    {
        var context = type.Parameters.Length;
        var code = il.DeclareLocal(typeof(nint));
        il.LoadArgument(context);
        il.Call(Members.ResolveCall);
        il.StoreLocal(code);
        il.LoadArguments(context + 2);
        il.LoadLocal(code);
        il.Emit(OpCodes.Tailcall);
        il.EmitCalli(type);
        il.Emit(OpCodes.Ret);
    }
}

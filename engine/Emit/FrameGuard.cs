using System.Reflection;
using System.Reflection.Emit;

namespace Marketplace.Engine.Emit;

/// <summary>
/// The way into a function whose frame is large: both the slots and the thread's stack must suffice before that frame is touched, because
/// the machine code that makes a frame writes to each page of it before the function's own first instruction.
/// </summary>
internal static class FrameGuard
{
    public static void Emit(CodeWriter il, FunctionType type, int function, MethodInfo body, int frameSlots)
    {
        var (context, budget) = (type.Parameters.Length, type.Parameters.Length + 1);
        il.LoadArgument(budget);
        il.LoadInt32(frameSlots);
        il.LoadInt32(function);
        il.LoadArgument(context);
        il.Call(Members.EnterLargeFrame);
        il.LoadArguments(context + 2);
        il.Emit(OpCodes.Tailcall);
        il.Call(body);
        il.Emit(OpCodes.Ret);
    }
}

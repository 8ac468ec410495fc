using System.Reflection.Emit;
using Marketplace.Engine.Runtime;

namespace Marketplace.Engine.Emit;

/// <summary>
/// Works around two defects of the machine-code compiler of .NET 10, which draws wrong conclusions about a value: emits an "or" with a zero
/// that the compiler does not know. Changes only the top of the evaluation stack. May assume that the run is in its local.
/// </summary>
internal sealed class CompilerDefects(EmitContext context)
{
    private readonly CodeWriter _il = context.IL;

    /// <summary>
    /// Between a rotation and a comparison with zero: the machine-code compiler leaves the comparison out, as if rotating by a constant set
    /// the flag for zero. With the unknown zero in between it sees another operation.
    /// </summary>
    public void EmitBeforeComparison(bool wide)
    {
        if (context.Plan.Rotates)
        {
            EmitOrWithZero(wide);
        }
    }

    /// <summary>
    /// The i32 on top as the bits of an f32: the machine-code compiler keeps float constants as doubles, and the conversion quiets a
    /// signalling NaN.
    /// </summary>
    public void EmitReinterpretation()
    {
        EmitOrWithZero(wide: false);
        _il.Call(Members.Helper(typeof(Arithmetic), nameof(Arithmetic.F32ReinterpretI32)));
    }

    private void EmitOrWithZero(bool wide)
    {
        _il.LoadField(context.Run, Members.RunZero);
        if (wide)
        {
            _il.Emit(OpCodes.Conv_U8);
        }

        _il.Emit(OpCodes.Or);
    }
}

using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>A function of an instance, as an export, an import or a table's element gives it.</summary>
public sealed class Function : External
{
    // Small, because each instance makes one for each function in its tables.
    internal Function(int index, Instance context)
    {
        Context = context;
        Index = index;
    }

    /// <summary>In the module of <see cref="Context"/>.</summary>
    internal int Index { get; }

    public FunctionType FunctionType => Context.Module.Content.TypeOfFunction(Index);

    public override ExternalType Type => FunctionType;

    /// <summary>The module, which <see cref="Context"/> keeps, keeps it: so its number is not given to another type.</summary>
    internal SignatureKey Signature => Context.SignatureOf(Index);

    /// <summary>
    /// Compared by an indirect call with the signature it expects. Matches nothing until the code is known, so that a table of thousands of
    /// functions costs nothing before they are called, and a call of one whose code is known nothing more than before.
    /// </summary>
    internal long SignatureBits = SignatureKey.Unknown;

    /// <summary>
    /// Machine code; 0 until it is wanted. Where the signature is not known, only for the call that was told so. Valid as long as
    /// <see cref="Context"/> lives.
    /// </summary>
    internal nint Code;

    /// <summary>The instance that the code runs in.</summary>
    internal readonly Instance Context;

    /// <summary>Finds the code, or has it made.</summary>
    internal void Resolve()
    {
        if (SignatureBits == SignatureKey.Unknown)
        {
            Code = Context.CodeOf(Index);
            SignatureBits = Signature.Bits;
        }
    }
}

using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>A function of an instance, as an export, an import or a table's element gives it.</summary>
public sealed class Function : External
{
    private readonly int _index;

    // Small, because each instance makes one for each function in its tables.
    internal Function(int index, Instance context)
    {
        Context = context;
        _index = index;
    }

    public FunctionType FunctionType => Context.Module.Content.TypeOfFunction(_index);

    public override ExternalType Type => FunctionType;

    /// <summary>The module, which <see cref="Context"/> keeps, keeps it: so its number is not given to another type.</summary>
    internal SignatureKey Signature => Context.SignatureOf(_index);

    /// <summary>
    /// Compared by an indirect call with the signature it expects. Matches nothing until the code is known, so that a table of thousands of
    /// functions costs nothing before they are called, and a call of one whose code is known nothing more than before.
    /// </summary>
    internal long SignatureBits = SignatureKey.Unknown;

    /// <summary>Machine code; 0 until it is wanted. Valid as long as <see cref="Context"/> lives.</summary>
    internal nint Code;

    /// <summary>The instance that the code runs in.</summary>
    internal readonly Instance Context;

    /// <summary>Finds the code, or has it made.</summary>
    internal void Resolve()
    {
        if (Code == 0)
        {
            Code = Context.CodeOf(_index);
            SignatureBits = Signature.Bits;
        }
    }
}

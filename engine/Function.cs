using Marketplace.Engine.Runtime;

namespace Marketplace.Engine;

/// <summary>A function of an instance, as an export, an import or a table's element gives it.</summary>
public sealed class Function : External
{
    internal Function(FunctionType type, SignatureKey signature, nint code, Instance context)
    {
        FunctionType = type;
        Signature = signature;
        SignatureBits = signature.Bits;
        Code = code;
        Context = context;
    }

    public FunctionType FunctionType { get; }

    public override ExternalType Type => FunctionType;

    /// <summary>Keeps the number of <see cref="SignatureBits"/> from being given to another type.</summary>
    internal SignatureKey Signature { get; }

    /// <summary>Compared by an indirect call with the signature it expects.</summary>
    internal readonly long SignatureBits;

    /// <summary>Machine code, or the stub that makes it. Valid as long as <see cref="Context"/> lives.</summary>
    internal readonly nint Code;

    /// <summary>The instance that the code runs in.</summary>
    internal readonly Instance Context;
}

using System.Runtime.CompilerServices;

namespace Marketplace.Crypto;

/// <summary>
/// The result of an addition before its last products: x = X/Z, y = Y/T. Which of them are needed depends on what follows.
/// </summary>
internal struct OpenPoint
{
    public FieldElement X,
        Y,
        Z,
        T;

    /// <summary>All four coordinates.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void Close(ref EdwardsPoint point)
    {
        CloseForDoubling(ref point);
        FieldElement.Multiply(in X, in Y, out point.T);
    }

    /// <summary>Leaves T as it was: doubling does not read it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void CloseForDoubling(ref EdwardsPoint point)
    {
        FieldElement.Multiply(in X, in T, out point.X);
        FieldElement.Multiply(in Y, in Z, out point.Y);
        FieldElement.Multiply(in Z, in T, out point.Z);
    }
}

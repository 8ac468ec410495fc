namespace Marketplace.Crypto;

/// <summary>A point prepared for being added often: y + x, y - x, Z and 2dT.</summary>
internal struct CachedPoint
{
    public FieldElement YPlusX,
        YMinusX,
        Z,
        T2D;

    public static void From(in EdwardsPoint point, out CachedPoint cached)
    {
        FieldElement.Add(in point.Y, in point.X, out cached.YPlusX);
        FieldElement.Subtract(in point.Y, in point.X, out cached.YMinusX);
        cached.Z = point.Z;
        FieldElement.Multiply(in point.T, FieldPowers.TwiceD, out cached.T2D);
    }
}

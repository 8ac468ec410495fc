using System.Reflection;
using System.Runtime.Intrinsics;

namespace Marketplace.Engine.Emit;

/// <summary>What a vector on the evaluation stack is a vector of. Everywhere else vectors are of bytes.</summary>
internal enum VectorLane : byte
{
    Byte,
    SByte,
    Int16,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
    Single,
    Double,
}

/// <summary>IL knows a type for each kind of lane, and going from one to another costs no machine code.</summary>
internal static class VectorLanes
{
    private static readonly Type[] Elements =
    [
        typeof(byte),
        typeof(sbyte),
        typeof(short),
        typeof(ushort),
        typeof(int),
        typeof(uint),
        typeof(long),
        typeof(ulong),
        typeof(float),
        typeof(double),
    ];

    private static readonly MethodInfo As = typeof(Vector128).GetMethod(nameof(Vector128.As))!;

    private static readonly MethodInfo[,] Conversions = Convert();

    public static Type VectorOf(Type element) => typeof(Vector128<>).MakeGenericType(element);

    public static bool IsVector(Type type) => type.IsConstructedGenericType && type.GetGenericTypeDefinition() == typeof(Vector128<>);

    /// <summary>Of a vector type.</summary>
    public static VectorLane LaneOf(Type vector) => (VectorLane)Array.IndexOf(Elements, vector.GenericTypeArguments[0]);

    public static MethodInfo Conversion(VectorLane from, VectorLane to) => Conversions[(int)from, (int)to];

    private static MethodInfo[,] Convert()
    {
        var conversions = new MethodInfo[Elements.Length, Elements.Length];
        for (var from = 0; from < Elements.Length; from++)
        {
            for (var to = 0; to < Elements.Length; to++)
            {
                conversions[from, to] = As.MakeGenericMethod(Elements[from], Elements[to]);
            }
        }

        return conversions;
    }
}

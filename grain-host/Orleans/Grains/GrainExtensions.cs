using Orleans.Runtime;

namespace Orleans;

/// <summary>What is known about a grain from the inside (a grain class) and from the outside (a reference) alike.</summary>
public static class GrainExtensions
{
    /// <summary>The reference to give to others: a grain must never pass <c>this</c>.</summary>
    public static TGrainInterface AsReference<TGrainInterface>(this IAddressable grain) =>
        (TGrainInterface)ReferenceOf(grain).As(typeof(TGrainInterface));

    public static TGrainInterface Cast<TGrainInterface>(this IAddressable grain) => grain.AsReference<TGrainInterface>();

    public static object AsReference(this IAddressable grain, Type interfaceType) => ReferenceOf(grain).As(interfaceType);

    public static object Cast(this IAddressable grain, Type interfaceType) => ReferenceOf(grain).As(interfaceType);

    public static GrainId GetGrainId(this IAddressable grain) =>
        grain switch
        {
            GrainReference reference => reference.GrainId,
            IGrainBase { GrainContext: { } context } => context.GrainId,
            null => throw new ArgumentNullException(nameof(grain)),
            _ => throw NoGrain(grain),
        };

    public static string GetPrimaryKeyString(this IAddressable grain) => grain.GetGrainId().Key.ToString();

    public static long GetPrimaryKeyLong(this IAddressable grain) => grain.GetGrainId().GetIntegerKey();

    public static long GetPrimaryKeyLong(this IAddressable grain, out string? keyExt) => grain.GetGrainId().GetIntegerKey(out keyExt);

    public static Guid GetPrimaryKey(this IAddressable grain) => grain.GetGrainId().GetGuidKey();

    public static Guid GetPrimaryKey(this IAddressable grain, out string? keyExt) => grain.GetGrainId().GetGuidKey(out keyExt);

    internal static GrainReference ReferenceOf(IAddressable grain) =>
        grain switch
        {
            GrainReference reference => reference,
            IGrainBase { GrainContext: { } context } => context.GrainReference,
            null => throw new ArgumentNullException(nameof(grain)),
            _ => throw NoGrain(grain),
        };

    private static ArgumentException NoGrain(IAddressable grain) =>
        new($"{grain.GetType()} is neither a grain reference nor a grain that a host has made.", nameof(grain));
}

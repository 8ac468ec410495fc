namespace Marketplace.Engine.Decode;

/// <summary>
/// The instructions of relaxed SIMD, known only to be refused by name: each may give different results on different machines, so
/// two workers could both be right about different receipts.
/// </summary>
internal static class RelaxedVectors
{
    private const int First = 0x100;

    private static readonly string[] Names =
    [
        "i8x16.relaxed_swizzle",
        "i32x4.relaxed_trunc_f32x4_s",
        "i32x4.relaxed_trunc_f32x4_u",
        "i32x4.relaxed_trunc_f64x2_s_zero",
        "i32x4.relaxed_trunc_f64x2_u_zero",
        "f32x4.relaxed_madd",
        "f32x4.relaxed_nmadd",
        "f64x2.relaxed_madd",
        "f64x2.relaxed_nmadd",
        "i8x16.relaxed_laneselect",
        "i16x8.relaxed_laneselect",
        "i32x4.relaxed_laneselect",
        "i64x2.relaxed_laneselect",
        "f32x4.relaxed_min",
        "f32x4.relaxed_max",
        "f64x2.relaxed_min",
        "f64x2.relaxed_max",
        "i16x8.relaxed_q15mulr_s",
        "i16x8.relaxed_dot_i8x16_i7x16_s",
        "i32x4.relaxed_dot_i8x16_i7x16_add_s",
    ];

    /// <returns>Null where the number behind the prefix is none of them.</returns>
    public static string? NameOf(uint number) => number - First < (uint)Names.Length ? Names[number - First] : null;
}

namespace Marketplace.Engine.Tests.Frames;

/// <summary>What native frames take for each slot of the stack budget, case by case.</summary>
internal static class FrameSurvey
{
    /// <summary>What the machine-code compiler is told not to use, as environment variables that must be 0.</summary>
    public static IReadOnlyList<string?> Settings { get; } = [null, "DOTNET_EnableAVX512", "DOTNET_EnableAVX2", "DOTNET_EnableHWIntrinsic"];

    /// <summary>
    /// Set to 1 it has nothing optimised, as very large functions are not: a small one then shows what each repetition adds to those.
    /// </summary>
    public const string NothingOptimised = "DOTNET_JITMinOpts";

    /// <summary>
    /// Few, where what is inlined is most of the frame; and so many that most of their values are not tracked, or calls not inlined.
    /// </summary>
    public static IReadOnlyList<int> OptimisedSizes { get; } = [3, 5, 10, 20, 600];

    /// <summary>Enough that what a function has once is next to nothing.</summary>
    public static IReadOnlyList<int> NotOptimisedSizes { get; } = [300];

    /// <summary>So large that the compiler itself decides not to optimise.</summary>
    public const int Huge = 9_000;

    /// <summary>Measures a case with so many repetitions, or as many as a module may have. Must be called on a guest thread.</summary>
    public static FrameSize Measure(FrameCase frame, int repetitions)
    {
        for (var count = repetitions; ; count /= 2)
        {
            if (FrameModule.Measure(frame, count) is var (bytes, slots))
            {
                return new FrameSize(frame.Name, count, bytes, slots);
            }
        }
    }
}

/// <param name="Case">What the function was made of.</param>
internal sealed record FrameSize(string Case, int Repetitions, long Bytes, int Slots)
{
    public double BytesPerSlot => (double)Bytes / Slots;

    public override string ToString() => $"{BytesPerSlot:f1} bytes a slot: {Bytes} in {Slots} slots, {Repetitions} times {Case}";
}

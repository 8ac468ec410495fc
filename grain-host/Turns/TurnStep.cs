namespace Marketplace.GrainHost.Turns;

/// <summary>Something that happened in a turn, for the trace of a simulated run.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Grain">The grain whose turn it was.</param>
/// <param name="Method">The method that began, ended or went on.</param>
/// <param name="Outcome">Empty, or the type of the exception that it ended with.</param>
public readonly record struct TurnStep(TurnStepKind Kind, string Grain, string Method, string Outcome);

/// <summary>The kinds of <see cref="TurnStep"/>.</summary>
public enum TurnStepKind
{
    Activated,
    Began,
    Continued,
    Ended,
    Deactivated,
}

namespace Marketplace.GrainHost.Hosting;

/// <summary>The activations of one grain class at a moment.</summary>
/// <param name="GrainClass">The class.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Waiting">Calls in their mailboxes.</param>
/// <param name="WaitingMax">Calls in the fullest of their mailboxes.</param>
/// <param name="Running">Calls that have begun and not ended.</param>
public sealed record ActivationFigures(Type GrainClass, int Count, int Waiting, int WaitingMax, int Running);

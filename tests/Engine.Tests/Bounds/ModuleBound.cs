using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests.Bounds;

/// <summary>A limit of modules: how to make one that stands exactly at it, and what is said of one that is a step beyond.</summary>
/// <param name="Number">A property of <see cref="EngineLimits"/>.</param>
/// <param name="Module">A module with so many of what is counted, whose function <c>run</c> ends well.</param>
/// <param name="Refusal">The whole reason, with the number seen as {0} and the limit as {1}.</param>
public sealed record ModuleBound(string Number, Func<int, TestModule> Module, string Refusal)
{
    /// <summary>Tells apart several ways to one limit.</summary>
    public string Way { get; init; } = "";

    public ModuleFault Fault { get; init; } = ModuleFault.LimitExceeded;

    public string Name => Way == "" ? Number : $"{Number} {Way}";

    public int Max => (int)typeof(EngineLimits).GetProperty(Number)!.GetValue(EngineLimits.Default)!;
}

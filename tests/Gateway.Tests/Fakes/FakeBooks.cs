using Marketplace.GrainInterfaces;

namespace Marketplace.Tests.Gateway;

/// <summary>Says what it is told to say, and counts the checks that are asked for.</summary>
internal sealed class FakeBooks : IBookCheck
{
    public int Begun { get; private set; }

    public BookStatus Status { get; set; } = new(IsRunning: false, Last: null, EndedAt: null, Failure: null);

    public void Begin()
    {
        Begun++;
        Status = Status with { IsRunning = true };
    }
}

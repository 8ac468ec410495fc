using Marketplace.GrainHost.Calls;

namespace Marketplace.GrainHost.Activations;

/// <summary>What the directory finds under a grain id: one activation, or the group of a stateless worker.</summary>
internal interface ICallReceiver
{
    /// <summary>False when it has ended meanwhile: the caller then looks again and finds a successor.</summary>
    bool TryReceive(GrainCall call);

    /// <summary>All activations behind it.</summary>
    void AddTo(List<Activation> activations);
}

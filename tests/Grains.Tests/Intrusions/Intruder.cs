using System.Reflection;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Intrusions;

/// <summary>
/// Who makes a call that another one was to make: it puts itself in the place of the part, the key or the worker that is named.
/// </summary>
internal sealed record Intruder(string Name, Authority? Authority = null, Caller? Caller = null, WorkerId? Worker = null)
{
    /// <summary>Grains whose calls name the intruder.</summary>
    public IGrainFactory Behind(IGrainFactory grains)
    {
        var behind = DispatchProxy.Create<IGrainFactory, Front>();
        ((Front)(object)behind).Stand(grains, this);
        return behind;
    }

    private object? Replace(object? argument) =>
        argument switch
        {
            GrainInterfaces.Authority => Authority ?? argument,
            GrainInterfaces.Caller => Caller ?? argument,
            WorkerId => Worker ?? argument,
            LeaseCall call => call with { Worker = Worker ?? call.Worker },
            WorkerPoll poll => poll with { Worker = Worker ?? poll.Worker },
            // The link gives each worker the grain of its own key only.
            string key when Worker is { } worker && key == RepeatWorker => worker.ToString(),
            _ => argument,
        };

    private static string RepeatWorker => Repeats.RepeatScene.Offer.Worker.ToString();

    /// <summary>Stands before the grains, and before each of them.</summary>
    public class Front : DispatchProxy
    {
        private object _behind = null!;
        private Intruder _intruder = null!;

        internal void Stand(object behind, Intruder intruder) => (_behind, _intruder) = (behind, intruder);

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            var isFactory = _behind is IGrainFactory;
            var isWorker = !isFactory || targetMethod!.ReturnType == typeof(IWorkerGrain);
            object?[] arguments =
            [
                .. (args ?? []).Select(argument => argument is string && !isWorker ? argument : _intruder.Replace(argument)),
            ];
            var answer = targetMethod!.Invoke(_behind, BindingFlags.DoNotWrapExceptions, null, arguments, null);
            if (!isFactory)
            {
                return answer;
            }
            var front = Create(targetMethod.ReturnType, typeof(Front));
            ((Front)front).Stand(answer!, _intruder);
            return front;
        }
    }
}

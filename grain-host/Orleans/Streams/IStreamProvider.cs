using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Streams;

namespace Orleans.Streams
{
    /// <summary>Gives streams by their id. Registered by name as a keyed service.</summary>
    public interface IStreamProvider
    {
        string Name { get; }

        bool IsRewindable { get; }

        IAsyncStream<T> GetStream<T>(StreamId streamId);
    }
}

namespace Orleans.Streams.Core
{
    /// <summary>A grain with an implicit subscription that wants to be asked for its observer when the first item arrives.</summary>
    public interface IStreamSubscriptionObserver
    {
        Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory);
    }

    public interface IStreamSubscriptionHandleFactory
    {
        StreamId StreamId { get; }

        string ProviderName { get; }

        StreamSubscriptionHandle<T> Create<T>();
    }
}

namespace Orleans
{
    /// <summary>Subscribes each grain of this class to the stream of that namespace whose key is the grain's.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class ImplicitStreamSubscriptionAttribute : Attribute
    {
        public ImplicitStreamSubscriptionAttribute(string streamNamespace, string? streamIdMapper = null)
        {
            Namespace = streamNamespace.Trim();
            if (streamIdMapper is not null)
            {
                throw new NotSupportedException($"The embedded host maps no stream ids: {nameof(streamIdMapper)} must be null.");
            }
        }

        internal string Namespace { get; }
    }

    public static class GrainStreamingExtensions
    {
        public static IStreamProvider GetStreamProvider(this Grain grain, string name) => GetStreamProvider((IGrainBase)grain, name);

        public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name) =>
            ClientStreamingExtensions.Find(grain.GrainContext.ActivationServices, name);
    }

    public static class ClientStreamingExtensions
    {
        public static IStreamProvider GetStreamProvider(this IClusterClient client, string name) => Find(client.ServiceProvider, name);

        internal static IStreamProvider Find(IServiceProvider services, string name)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
            return services.GetKeyedService<IStreamProvider>(name) ?? throw new KeyNotFoundException($"Stream provider '{name}' not found");
        }
    }
}

namespace Marketplace.Chain;

/// <summary>A parameter of an event.</summary>
/// <param name="Name">Empty where it has none.</param>
/// <param name="Type">Of its values.</param>
/// <param name="IsIndexed">Whether it is a topic, by which logs are found; else it stands in the data.</param>
public sealed record AbiEventParameter(string Name, AbiType Type, bool IsIndexed);

/// <summary>An event of a contract, and how its logs are read
/// (<see href="https://docs.soliditylang.org/en/latest/abi-spec.html#events">Solidity, contract ABI specification, events</see>).</summary>
public sealed class AbiEvent
{
    private readonly AbiTuple _data;
    private readonly Bytes32 _topic;

    /// <param name="name">An identifier.</param>
    /// <param name="parameters">In their order. Three may be indexed, four where the event is anonymous.</param>
    /// <param name="isAnonymous">Its logs do not begin with the hash of the signature.</param>
    /// <exception cref="AbiException">There is no such event.</exception>
    public AbiEvent(string name, IReadOnlyList<AbiEventParameter> parameters, bool isAnonymous)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Signature = new AbiSignature(AbiNames.Require(name), new AbiTuple(parameters.Select(parameter => parameter.Type)));
        (Parameters, IsAnonymous) = ([.. parameters], isAnonymous);
        _topic = Signature.Topic;
        _data = new AbiTuple(parameters.Where(parameter => !parameter.IsIndexed).Select(parameter => parameter.Type));
        if (TopicCount > AbiPolicy.TopicsMax)
        {
            throw new AbiException($"Logs of the event {name} would have {TopicCount} topics; allowed are {AbiPolicy.TopicsMax}.");
        }
    }

    public AbiSignature Signature { get; }

    public IReadOnlyList<AbiEventParameter> Parameters { get; }

    /// <summary>Its logs have no <see cref="AbiSignature.Topic"/>: the reader must know that a log is of this event.</summary>
    public bool IsAnonymous { get; }

    private int TopicCount => Parameters.Count(parameter => parameter.IsIndexed) + (IsAnonymous ? 0 : 1);

    /// <summary>
    /// The values of a log, in the order of the parameters. Of indexed parameters whose type is no number, boolean, address or bytesN the
    /// log has a hash only: that is the value, a <see cref="Bytes32"/>.
    /// </summary>
    /// <exception cref="AbiException">The log is of another event, or not in the form that compilers write.</exception>
    public object[] Decode(IReadOnlyList<Bytes32> topics, ReadOnlySpan<byte> data)
    {
        ArgumentNullException.ThrowIfNull(topics);
        if (topics.Count != TopicCount)
        {
            throw new AbiException($"The log has {topics.Count} topics; logs of {Signature.Text} have {TopicCount}.");
        }
        if (!IsAnonymous && topics[0] != _topic)
        {
            throw new AbiException($"The log begins with {topics[0]}; logs of {Signature.Text} begin with {_topic}.");
        }
        var inData = (object[])_data.Decode(data);
        var (topic, next) = (IsAnonymous ? 0 : 1, 0);
        var values = new object[Parameters.Count];
        for (var index = 0; index < values.Length; index++)
        {
            var (_, type, isIndexed) = Parameters[index];
            values[index] =
                !isIndexed ? inData[next++]
                : type.IsValueType ? type.Decode(topics[topic++].ToArray())
                : topics[topic++];
        }
        return values;
    }
}

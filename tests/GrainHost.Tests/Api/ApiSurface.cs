using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Marketplace.GrainHost.Tests.Api;

/// <summary>What a caller sees of one member beyond its documentation id.</summary>
internal sealed record ApiMember(string Id, string Shape);

/// <summary>The public and protected members of an assembly, read without loading it: those in namespaces with a prefix.</summary>
internal sealed class ApiSurface : IDisposable
{
    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly string _prefix;

    public ApiSurface(string path, string prefix = "Orleans.")
    {
        _prefix = prefix;
        _file = new PEReader(File.OpenRead(path));
        _reader = _file.GetMetadataReader();
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Types as "T:name", the others as in the list: with their return type.</summary>
    public IEnumerable<ApiMember> Members() =>
        _reader
            .TypeDefinitions.Where(IsVisible)
            .Where(IsAskedFor)
            .SelectMany(type => MembersOf(type).Select(member => Unbound(type, member)));

    /// <summary>The list writes a generic type inside of itself without arguments: <c>Handle`1</c>, not <c>Handle{`0}</c>.</summary>
    private ApiMember Unbound(TypeDefinitionHandle handle, ApiMember member)
    {
        var name = DocumentationNames.NameOf(_reader, handle);
        var mark = name.IndexOf('`', StringComparison.Ordinal);
        if (mark < 0)
        {
            return member;
        }
        var count = _reader.GetTypeDefinition(handle).GetGenericParameters().Count;
        var bound = $"{name[..mark]}{{{string.Join(',', Enumerable.Range(0, count).Select(index => $"`{index}"))}}}";
        return member with { Id = member.Id.Replace(bound, name, StringComparison.Ordinal) };
    }

    /// <summary>Which types each visible type is: "type: base or interface".</summary>
    public IEnumerable<string> Bases() =>
        _reader
            .TypeDefinitions.Where(IsVisible)
            .Where(IsAskedFor)
            .SelectMany(handle =>
            {
                var type = _reader.GetTypeDefinition(handle);
                return type.GetInterfaceImplementations()
                    .Select(implementation => _reader.GetInterfaceImplementation(implementation).Interface)
                    .Append(type.BaseType)
                    .Where(inherited => !inherited.IsNil)
                    .Select(inherited => $"{DocumentationNames.NameOf(_reader, handle)}: {DocumentationNames.NameOf(_reader, inherited)}");
            });

    private static bool IsVisible(MethodAttributes attributes) =>
        (attributes & MethodAttributes.MemberAccessMask)
            is MethodAttributes.Public
                or MethodAttributes.Family
                or MethodAttributes.FamORAssem;

    private bool IsVisible(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        return (type.Attributes & TypeAttributes.VisibilityMask) switch
        {
            TypeAttributes.Public => true,
            TypeAttributes.NestedPublic or TypeAttributes.NestedFamily or TypeAttributes.NestedFamORAssem => IsVisible(
                type.GetDeclaringType()
            ),
            _ => false,
        };
    }

    private bool IsAskedFor(TypeDefinitionHandle handle) =>
        DocumentationNames.NameOf(_reader, handle).StartsWith(_prefix, StringComparison.Ordinal);

    private IEnumerable<ApiMember> MembersOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        var name = DocumentationNames.NameOf(_reader, handle);
        yield return new ApiMember($"T:{name}", ShapeOf(type));

        var accessors = new HashSet<MethodDefinitionHandle>();
        foreach (var property in type.GetProperties().Select(_reader.GetPropertyDefinition))
        {
            var both = property.GetAccessors();
            accessors.UnionWith([both.Getter, both.Setter]);
            var visible = new[] { both.Getter, both.Setter }.Where(IsVisibleMethod).ToList();
            if (visible.Count == 0)
            {
                continue;
            }
            var kinds = string.Join(' ', visible.Select(accessor => accessor == both.Getter ? "get" : "set"));
            var signature = property.DecodeSignature(DocumentationNames.Instance, null);
            var index = signature.ParameterTypes.IsEmpty ? "" : $"({string.Join(',', signature.ParameterTypes)})";
            yield return new ApiMember($"P:{name}.{_reader.GetString(property.Name)}{index} : {signature.ReturnType}", kinds);
        }

        foreach (var field in type.GetFields().Select(_reader.GetFieldDefinition))
        {
            var access = field.Attributes & FieldAttributes.FieldAccessMask;
            if (
                access is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem
                && (field.Attributes & FieldAttributes.SpecialName) == 0
            )
            {
                var fieldType = field.DecodeSignature(DocumentationNames.Instance, null);
                yield return new ApiMember($"F:{name}.{_reader.GetString(field.Name)} : {fieldType}", ConstantOf(field.GetDefaultValue()));
            }
        }

        foreach (var method in type.GetMethods().Where(method => IsVisibleMethod(method) && !accessors.Contains(method)))
        {
            if (MemberOf(name, _reader.GetMethodDefinition(method)) is { } member)
            {
                yield return member;
            }
        }
    }

    private bool IsVisibleMethod(MethodDefinitionHandle handle) =>
        !handle.IsNil && IsVisible(_reader.GetMethodDefinition(handle).Attributes);

    private ApiMember? MemberOf(string type, MethodDefinition method)
    {
        var name = _reader.GetString(method.Name);
        if (name == ".cctor")
        {
            return null;
        }
        var signature = method.DecodeSignature(DocumentationNames.Instance, null);
        var parameters = string.Join(',', signature.ParameterTypes);
        var generic = signature.GenericParameterCount == 0 ? "" : $"``{signature.GenericParameterCount}";
        var id = name == ".ctor" ? $"M:{type}.#ctor" : $"M:{type}.{name}{generic}";
        if (parameters.Length > 0)
        {
            id += $"({parameters})";
        }
        if (name != ".ctor")
        {
            id += $" : {signature.ReturnType}";
        }

        var shapes = method
            .GetParameters()
            .Select(_reader.GetParameter)
            .Where(parameter => parameter.SequenceNumber > 0)
            .OrderBy(parameter => parameter.SequenceNumber)
            .Select(parameter => _reader.GetString(parameter.Name) + ConstantOf(parameter.GetDefaultValue()));
        return new ApiMember(id, $"({string.Join(", ", shapes)}) {ConstraintsOf(method.GetGenericParameters())}");
    }

    private string ShapeOf(TypeDefinition type)
    {
        var baseType = type.BaseType.IsNil ? "" : DocumentationNames.NameOf(_reader, type.BaseType);
        var kind =
            (type.Attributes & TypeAttributes.Interface) != 0 ? "interface"
            : baseType is "System.ValueType" or "System.Enum" ? baseType
            : $"class {type.Attributes & (TypeAttributes.Abstract | TypeAttributes.Sealed)}";
        var usage = type.GetCustomAttributes()
            .Select(_reader.GetCustomAttribute)
            .Where(attribute => NameOf(attribute) == nameof(AttributeUsageAttribute))
            .Select(attribute => Convert.ToHexString(_reader.GetBlobBytes(attribute.Value)));
        return $"{kind} {ConstraintsOf(type.GetGenericParameters())} usage {string.Join(' ', usage)}";
    }

    private string NameOf(CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind != HandleKind.MemberReference)
        {
            return "";
        }
        var type = _reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return type.Kind == HandleKind.TypeReference ? _reader.GetString(_reader.GetTypeReference((TypeReferenceHandle)type).Name) : "";
    }

    private string ConstraintsOf(GenericParameterHandleCollection parameters) =>
        string.Join(
            ' ',
            parameters
                .Select(_reader.GetGenericParameter)
                .Select(parameter =>
                {
                    var types = parameter
                        .GetConstraints()
                        .Select(constraint => DocumentationNames.NameOf(_reader, _reader.GetGenericParameterConstraint(constraint).Type))
                        .Order(StringComparer.Ordinal);
                    return $"<{_reader.GetString(parameter.Name)}: {parameter.Attributes} {string.Join(',', types)}>";
                })
        );

    private string ConstantOf(ConstantHandle handle)
    {
        if (handle.IsNil)
        {
            return "";
        }
        var constant = _reader.GetConstant(handle);
        return $" = {constant.TypeCode} {Convert.ToHexString(_reader.GetBlobBytes(constant.Value))}";
    }
}

# SPDX-License-Identifier: Apache-2.0
# bash completion for portero

_portero_interfaces() {
  compgen -W "epmapper mgmt lsarpc samr srvsvc wkssvc winreg svcctl spoolss netlogon drsuapi \
    eventlog dssetup netdfs" -- "$1"
}

_portero() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' word
  local login='--user --auth --level --auth-file --target --ccache --keytab --no-header-signing'
  local asking='--timeout --mapper-port --socket --json --trace --help'

  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done

  case $previous in
  --calls | --socket | --config | --accounts | --types | --acf | --depfile | -I | -o)
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
    return
    ;;
  --protseq)
    mapfile -t COMPREPLY < <(compgen -W 'ncacn_ip_tcp ncacn_np ncalrpc ncacn_http ncadg_ip_udp' \
      -- "$current")
    return
    ;;
  --interface)
    mapfile -t COMPREPLY < <(_portero_interfaces "$current")
    return
    ;;
  --timeout | --mapper-port | --port | --port-range | --address | --threads | --annotation | \
    --object | --sid | --hex | --request | --prefix | -D | --count | --interval | -c | -i | \
    --lines | -n | --rule | --tag | --account | --connection)
    return
    ;;
  --format)
    mapfile -t COMPREPLY < <(compgen -W 'nftables iptables ip6tables ufw windows' -- "$current")
    return
    ;;
  --mechanism)
    mapfile -t COMPREPLY < <(compgen -W 'none ntlm kerberos netlogon' -- "$current")
    return
    ;;
  --kind)
    mapfile -t COMPREPLY < <(compgen -W 'opened closed bind auth request call registered unregistered
      service-up service-down policy limit alert lost' -- "$current")
    return
    ;;
  --outcome)
    mapfile -t COMPREPLY < <(compgen -W 'answered fault denied cancelled unanswered failed' \
      -- "$current")
    return
    ;;
  --verdict)
    mapfile -t COMPREPLY < <(compgen -W 'allow deny drop observe' -- "$current")
    return
    ;;
  --severity)
    mapfile -t COMPREPLY < <(compgen -W 'alert crit err warning notice info debug' \
      -- "$current")
    return
    ;;
  --since | --until)
    mapfile -t COMPREPLY < <(compgen -W 'today yesterday 10m 2h' -- "$current")
    return
    ;;
  --color)
    mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$current")
    return
    ;;
  --emit)
    mapfile -t COMPREPLY < <(compgen -W 'c h c,h tables json' -- "$current")
    return
    ;;
  --user)
    mapfile -t COMPREPLY < <(compgen -u -- "$current")
    return
    ;;
  esac

  local options=''
  case $command in
  '') options='serve register status ls map ping info call decode user log policy idl --help --version' ;;
  serve)
    options='--address --port --socket --port-range --threads --user --policy --book --config --check
      --help'
    ;;
  register) options='--annotation --object --wait --socket --help' ;;
  status) options=$asking ;;
  ls) options="--interface --protseq --annotation --object $login $asking" ;;
  map) options="--protseq --object $login $asking" ;;
  ping) options="--count --interval $login $asking" ;;
  info) options="$login $asking" ;;
  call) options="--types --hex --object --ndr64 --big-endian $login $asking" ;;
  decode)
    options='--response --request --encode --ndr64 --big-endian --types --help'
    ;;
  user)
    options='add del list --accounts --password-stdin --sid --disabled --replace --json --help'
    ;;
  log)
    options='--follow --lines --all --summary --kind --outcome --verdict --rule --tag --interface
      --operation --source --account --connection --severity --since --until --json --color --help'
    ;;
  policy)
    options='--interface --operation --source --destination --object --protseq --user --sid --mechanism
      --level --time --weekday --times --missing --calls --register --endpoint --unit --format --port
      --socket --timeout --json --help'
    ;;
  idl) options='-I -D -o --emit --prefix --acf --hooks --hook --include --depfile --help' ;;
  *) return ;;
  esac

  if [[ $command && $current != -* ]]; then
    case $command in
    map | ping | info) mapfile -t COMPREPLY < <(compgen -A hostname -- "$current"
      _portero_interfaces "$current") ;;
    ls | call) mapfile -t COMPREPLY < <(compgen -A hostname -- "$current") ;;
    user) mapfile -t COMPREPLY < <(compgen -W 'add del list' -- "$current") ;;
    policy)
      if [[ $previous == policy ]]; then
        mapfile -t COMPREPLY < <(compgen -W 'check explain diff import export reload' -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
      fi
      ;;
    log | idl) mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    register) mapfile -t COMPREPLY < <(_portero_interfaces "$current") ;;
    esac
    return
  fi
  mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}

complete -F _portero portero

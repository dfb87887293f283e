# SPDX-License-Identifier: Apache-2.0
# The nginx module, built against Debian's nginx-dev. Its sources never leave their folder, and what
# nginx's own build writes stays under $(B)/nginx.

NGINX_SOURCE ?= /usr/share/nginx/src
NGINX_MODULE := $(B)/nginx/ngx_http_doorward_module.so

.PHONY: nginx-module
nginx-module: $(NGINX_MODULE)

NGINX_ENV = DOORWARD_TREE=$(CURDIR) DOORWARD_BUILD=$(abspath $(B))

$(B)/nginx/Makefile: nginx/config nginx/build.mk | $(B)/.ready
	@mkdir -p $(@D)
	@echo "  CONF  nginx/config"
	@cd $(NGINX_SOURCE) && . ./conf_flags && $(NGINX_ENV) ./configure "$${NGX_CONF_FLAGS[@]}" \
	    --with-cc-opt='$(OPTIMIZE) $(HARDENING) -fPIC $(SANITIZE)' \
	    --with-ld-opt='-Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack $(SANITIZE)' \
	    --add-dynamic-module=$(CURDIR)/nginx --builddir=$(abspath $(@D)) >$(abspath $(@D))/configure.log

# nginx's makefile does not know the archives, so that the module is linked anew when they change.
$(NGINX_MODULE): $(B)/nginx/Makefile $(wildcard nginx/*.[ch]) $(foreach f,edge config core,$(B)/lib$(f).a)
	@rm -f $@
	@echo "  NGINX $@"
	@cd $(NGINX_SOURCE) && $(MAKE) -s -f $(abspath $<) modules
